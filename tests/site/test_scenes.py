"""The live scenes on the built pages: alive, resting off the screen, kept in the address, and a picture where they cannot be."""

import re

import pytest

from sgdsde_helpers.scenes import SCENES, script
from tests.site.conftest import HTML, PHONE, VISITED, WIDE, wait_for_formulas

PLACES = [
    pytest.param(path, name, id=f"{path}-{name}")
    for path in VISITED
    for name in re.findall(r'<sgd-scene name="([a-z-]+)"', (HTML / path).read_text("utf-8"))
]
ALIVE = "[...document.querySelectorAll('sgd-scene')].every(scene => scene.shadowRoot && scene.told)"
COLOURS = """name => {
  const canvas = document.querySelector(`sgd-scene[name=${name}]`).shadowRoot.querySelector("canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
FRAMES = "n => new Promise(done => { const next = () => (n-- > 0 ? requestAnimationFrame(next) : done()); next(); })"


@pytest.fixture
def page_at(browser, base):
    """Open a page of the site in a context of its own; the scene in it is in view."""
    contexts = []

    def open_(path, address=base, **context):
        contexts.append(browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **context}))
        contexts[-1].set_default_timeout(60_000)
        page = contexts[-1].new_page()
        page.goto(address + path, wait_until="load")
        if context.get("java_script_enabled", True):
            wait_for_formulas(page)
        page.locator("sgd-scene").first.scroll_into_view_if_needed()
        return page

    yield open_
    for context in contexts:
        context.close()


def test_every_scene_has_its_place():
    assert {place.values[1] for place in PLACES} == set(SCENES)


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_a_scene_is_painted_and_agrees_with_its_theory(page_at, path, name):
    page = page_at(path, viewport=PHONE)
    page.wait_for_function(ALIVE)
    assert page.evaluate(COLOURS, name) > 20
    rows = page.evaluate("name => document.querySelector(`sgd-scene[name=${name}]`).run.rows()", name)
    assert rows
    assert all(abs(row["z"]) < 5 for row in rows if row["measured"] is not None)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_it_moves_on_the_screen_only(page_at):
    page = page_at("chapters/front.html", reduced_motion="no-preference")
    page.wait_for_function("document.querySelector('sgd-scene').run?.steps > 3")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('sgd-scene').visible === false")
    page.evaluate(FRAMES, 2)
    steps = page.evaluate("document.querySelector('sgd-scene').run.steps")
    page.evaluate(FRAMES, 30)
    assert page.evaluate("document.querySelector('sgd-scene').run.steps") == steps
    assert page.evaluate("document.querySelector('sgd-scene').frame") is None


def test_a_reader_who_wants_no_motion_sees_none_until_play_is_pressed(page_at):
    page = page_at("chapters/front.html")
    page.wait_for_function(ALIVE)
    steps = page.evaluate("document.querySelector('sgd-scene').run.steps")
    page.evaluate(FRAMES, 30)
    assert page.evaluate("document.querySelector('sgd-scene').run.steps") == steps > 0
    page.get_by_role("button", name="step").click()
    page.wait_for_function("n => document.querySelector('sgd-scene').run.steps === n", arg=steps + 1)
    page.get_by_role("button", name="play").click()
    page.wait_for_function("n => document.querySelector('sgd-scene').run.steps > n + 1", arg=steps)


def test_keys_move_the_sliders_and_the_address_keeps_them(page_at):
    page = page_at("chapters/front.html")
    page.wait_for_function(ALIVE)
    eta, size = page.get_by_role("slider", name="learning rate"), page.get_by_role("slider", name="batch size")
    eta.focus()
    page.keyboard.press("ArrowRight")
    size.focus()
    page.keyboard.press("ArrowRight")
    settings = page.evaluate("document.querySelector('sgd-scene').run.settings")
    assert settings["B"] == 2
    assert 0.1 < settings["eta"] < 0.11
    assert size.get_attribute("aria-valuetext") == "2"
    page.wait_for_function("location.search.includes('two-points=')")
    again = page_at("chapters/front.html" + page.evaluate("location.search"))
    again.wait_for_function(ALIVE)
    assert again.evaluate("document.querySelector('sgd-scene').run.settings") == settings
    again.get_by_role("button", name="reset").click()
    again.wait_for_function("!location.search.includes('two-points')")


def test_what_an_address_may_not_ask_is_left(page_at):
    page = page_at("chapters/front.html?two-points=eta:50,B:x,arm:none,seed:7")
    page.wait_for_function(ALIVE)
    assert page.evaluate("document.querySelector('sgd-scene').run.settings") == {
        "seed": 7,
        "eta": 0.1,
        "B": 1,
        "arm": "SGD",
    }


def test_a_finger_paints_and_the_page_stays(page_at):
    page = page_at("chapters/11_state_dependent_noise.html", viewport=PHONE, has_touch=True)
    page.wait_for_function(ALIVE)
    page.wait_for_function("document.documentElement.dataset.formulas === 'set'")  # till then the text moves
    before = page.evaluate("document.querySelector('sgd-scene').run.settings.sigma")
    page.locator("sgd-scene canvas").evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    box, place = page.locator("sgd-scene canvas").bounding_box(), page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x, "y": y + 60}]),
        ("touchMove", [{"x": x, "y": y + 120}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("n => document.querySelector('sgd-scene').run.settings.sigma[4] < n", arg=before[4])
    assert page.evaluate("scrollY") == place


def test_a_diverging_learning_rate_is_said_in_place_of_the_picture(page_at):
    page = page_at("chapters/front.html?two-points=eta:2.1")
    page.wait_for_function(ALIVE)
    assert "run away" in page.locator("sgd-scene .refusal").text_content()
    assert not page.locator("sgd-scene canvas").is_visible()


def test_paper_and_a_page_without_scripts_show_the_picture(page_at):
    page = page_at("chapters/front.html", java_script_enabled=False)
    assert page.locator("sgd-scene img").is_visible()
    page = page_at("chapters/front.html")
    page.wait_for_function(ALIVE)
    assert not page.locator("sgd-scene img").is_visible()
    page.emulate_media(media="print")
    assert page.locator("sgd-scene img").is_visible()
    assert not page.locator("sgd-scene canvas").is_visible()


def test_the_site_on_a_disk_is_alive_too(page_at):
    page = page_at("/chapters/front.html", address=HTML.as_uri())
    page.wait_for_function(ALIVE)
    assert page.evaluate(COLOURS, "two-points") > 20


def test_a_notebook_gets_the_same_scene(page_at):
    """The module as anywidget imports it, with a model that remembers."""
    page = page_at("chapters/front.html")
    got = page.evaluate(
        """async text => {
          const module = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
          const el = document.querySelector(".bd-article").appendChild(document.createElement("div"));
          const traits = {name: "current", settings: "eta:0.3,arm:SDE"};
          module.default.render({model: {get: key => traits[key], set: (key, value) => { traits[key] = value; }, save_changes() {}}, el});
          const scene = el.querySelector("sgd-scene");
          const before = {...scene.run.settings};
          scene.set({B: 4});
          return [before, traits.now, location.search];
        }""",
        script() + "\nexport default { render };\n",
    )
    before, now, address = got
    assert (before["eta"], before["arm"]) == (0.3, "SDE")
    assert now["B"] == 4
    assert address == ""
