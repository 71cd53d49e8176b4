// The person's own choice of light or dark, before the first paint. Also tells the CSS that scripts run.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("hotline-theme");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  } catch (refused) {
    // Storage can be forbidden; then the system's wish holds.
  }
})();
