// A long list of files: only those whose name, folder, state or result has the words are shown.

import { say } from "./transfer-rows.js";

const LONG = 10; // files; a shorter list is seen at a glance
const TOLD = 4; // cells; in the last one stand buttons

export function sift(page, body) {
  const box = page.querySelector("[data-sift]");
  const input = box.querySelector("input");
  const said = box.querySelector("[data-sifted]");

  function look() {
    const words = folded(input.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.children) {
      const text = words.length ? folded([...row.cells].slice(0, TOLD).map((cell) => cell.textContent).join(" ")) : "";
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    box.hidden = body.children.length <= LONG && !words.length;
    const told = words.length ? say("files_sifted", { all: body.children.length, shown }) : "";
    if (said.textContent !== told) said.textContent = told;
  }

  input.addEventListener("input", look);
  new MutationObserver(look).observe(body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state"] });
  look();
}

// Full-width letters and half-width kana are found by their plain forms.
function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}
