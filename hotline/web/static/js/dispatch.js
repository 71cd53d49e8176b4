// The dispatch desk: the proposed unit has the focus, so that Enter accepts it and the arrows choose another.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const accepted = document.querySelector("#send [data-accept]") || document.querySelector("#send input[type=text]");
    if (accepted && !document.querySelector("[data-focus], details[data-panel][open]")) accepted.focus();
  });
})();
