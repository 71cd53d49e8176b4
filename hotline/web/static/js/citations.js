// <div data-citations>: what is chosen in its search box becomes a ticked line of its list. Without scripts the same box
// takes codes. Entries that no enterprise reads carry the mark and bring up the note about them.
(function () {
  "use strict";
  const INNER = "内部，不对外";

  function add(field, item) {
    const list = field.querySelector("ul"), input = field.querySelector("input[data-typeahead]");
    const known = Array.from(list.querySelectorAll("input")).find((box) => box.value === item.value);
    if (known) known.checked = true;
    else {
      const line = document.createElement("li"), row = document.createElement("label");
      row.className = "choice";
      const mark = Object.assign(document.createElement("input"), { type: "checkbox", name: input.name, value: item.value, checked: true });
      row.append(mark, Object.assign(document.createElement("span"), { textContent: item.label }));
      line.append(row);
      list.append(line);
    }
    if (item.label.includes(INNER)) field.querySelector("[data-internal-note]").hidden = false;
    input.value = "";
    input.dispatchEvent(new Event("hotline:filled"));
  }

  document.addEventListener("hotline:chosen", (event) => {
    const field = event.target.closest("[data-citations]");
    if (field) add(field, event.detail);
  });
})();
