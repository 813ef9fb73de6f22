// What the pages do better with a script. Each of them works without it.

// The menu on small screens: the link itself opens it when this script is absent.
const menu = document.querySelector(".menu");
menu?.addEventListener("click", (event) => {
  event.preventDefault();
  const open = menu.closest(".rail").classList.toggle("open");
  menu.setAttribute("aria-expanded", String(open));
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A key that is shown once can be copied; without this script it can be selected.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.textContent = button.dataset.done;
  });
}
