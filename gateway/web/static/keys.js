// The list by keyboard: j and k move, x selects, / goes to the search, ? shows these keys. Enter opens, being on a link.
// Single letters can be switched off (WCAG 2.2, 2.1.4).

const SETTING = "kiyome-keys-off";
const form = document.querySelector("[data-keys]");
const help = document.getElementById("keys");
const toggle = document.querySelector("[data-keys-on]");
const every = document.querySelector("[data-select-all]");

const DOES = {
  j: () => move(1),
  k: () => move(-1),
  x: select,
  "/": () => document.querySelector("[data-key='/']")?.focus(),
  "?": () => help.showModal(),
};

toggle.checked = !off();
toggle.addEventListener("change", () => remember(!toggle.checked));
for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || help.open) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select") || !(event.key in DOES)) return;
  if (off() && event.key !== "?") return;
  event.preventDefault();
  DOES[event.key]();
});

function rows() {
  return [...form.querySelectorAll("tbody tr")];
}

function current() {
  return document.activeElement?.closest("[data-keys] tbody tr");
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next].querySelector("a.open").focus();
  all[next].scrollIntoView({ block: "nearest" });
}

function select() {
  const box = current()?.querySelector("input[type=checkbox]");
  if (box) {
    box.checked = !box.checked;
    count();
  }
}

// The bar above the list: select all of this page, and say how many are selected.
if (every) {
  const word = document.querySelector("[data-select-all-word]");
  every.hidden = word.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes()) box.checked = every.checked;
    count();
  });
  form.addEventListener("change", count);
  form.addEventListener("fresh", count);
  count();
}

function boxes() {
  return [...form.querySelectorAll("input[name=item]")];
}

function count() {
  if (!every) return;
  const chosen = boxes().filter((box) => box.checked).length;
  every.checked = chosen > 0 && chosen === boxes().length;
  every.indeterminate = chosen > 0 && !every.checked;
  const option = form.querySelector("[name=which] option[value=chosen]");
  option.dataset.word ??= option.textContent;
  option.textContent = chosen ? `${option.dataset.word} (${chosen})` : option.dataset.word;
}

function off() {
  try {
    return localStorage.getItem(SETTING) === "1";
  } catch {
    return false; // storage is switched off
  }
}

function remember(isOff) {
  try {
    localStorage.setItem(SETTING, isOff ? "1" : "0");
  } catch {
    // it holds for this page only
  }
}
