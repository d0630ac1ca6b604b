/* All scenes; for a page the element, for a notebook anywidget's `render`. */

import { elementFor, Run, startingSettings } from "./engine.js";
import { current } from "./current.js";
import { landscape } from "./landscape.js";
import { threeArms } from "./three_arms.js";
import { twoPoints } from "./two_points.js";
import { uneven } from "./uneven.js";
import { timeWindow } from "./window.js";

export const scenes = [twoPoints, timeWindow, threeArms, current, uneven, landscape];

if (globalThis.customElements && !customElements.get("sgd-scene")) customElements.define("sgd-scene", elementFor(scenes));

/** What a test asks for: the chains, the comparisons and the theory after some steps. */
export function headless(name, settings, chains, steps) {
  const scene = scenes.find((one) => one.name === name);
  const run = new Run(scene, { ...startingSettings(scene), ...settings }, chains);
  run.step(steps);
  return run;
}

export function render({ model, el }) {
  const scene = document.createElement("sgd-scene");
  for (const name of ["name", "settings"]) scene.setAttribute(name, model.get(name));
  scene.setAttribute("forgetful", ""); // the address is the notebook's
  scene.addEventListener("settings", ({ detail }) => {
    model.set("now", { ...detail });
    model.save_changes();
  });
  el.append(scene);
}
