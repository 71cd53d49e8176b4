// 已阅 without leaving the page: nothing half typed is lost. Without scripts the button is a plain POST.
(function () {
  "use strict";

  async function read(button) {
    const token = document.querySelector("input[name=csrf_token]").value;
    button.setAttribute("aria-busy", "true");
    const answer = await fetch(button.dataset.read, {
      method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token },
    }).catch(() => null);
    button.removeAttribute("aria-busy");
    // The page it would lead back to is this one: the redirect itself is the answer.
    if (!answer || answer.type !== "opaqueredirect") {
      button.textContent = "未能记录，请重试";
      return;
    }
    const notice = button.closest(".pinned-one");
    notice.classList.replace("is-unread", "is-read");
    notice.querySelector(".pinned-state").textContent = "已阅";
    notice.open = false;
    notice.querySelector("summary").focus();
    button.remove();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-read]");
    if (!button) return;
    event.preventDefault();
    if (!button.hasAttribute("aria-busy")) read(button);
  });
})();
