/* Fetches the live scenes when the first of them comes near the screen; until then, and on paper, their pictures stand. */
(() => {
  "use strict";
  const all = new URL("scenes/all.js", document.currentScript.src);
  const near = new IntersectionObserver((places) => {
    if (!places.some((place) => place.isIntersecting)) return;
    near.disconnect();
    const script = document.createElement("script");
    script.src = all;
    document.head.append(script);
  }, { rootMargin: "600px" });
  document.querySelectorAll("sgd-scene").forEach((scene) => near.observe(scene));
})();
