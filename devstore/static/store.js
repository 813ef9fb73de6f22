/** Puts a gift chosen in <perennial-donation> into the cart, and the new total on the page. */
document.addEventListener("perennial-donation:chosen", async (event) => {
  if (event.target.closest("perennial-cart-gift")) return; // a block of the app puts it into the cart itself
  const { amountMinor, cause, roundUp } = event.detail;
  try {
    const response = await fetch("/cart/gift", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ amountMinor, cause, roundUp }),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    show(await response.json());
  } catch (problem) {
    console.warn("cart gift:", problem.message);
    event.target.failed?.();
  }
});

function show({ gift, total }) {
  document.querySelector("[data-gift-row]").hidden = !gift;
  if (gift) write("[data-gift]", gift);
  write("[data-total]", total);
}

function write(where, amount) {
  document.querySelector(`${where} bdi`).textContent = amount;
}

/** Send the forms of codes and store credit in the background; the page's own answer is shown. */
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form) return;
  event.preventDefault();
  send(form);
});
document.addEventListener("change", (event) => {
  if (event.target.type === "checkbox" && event.target.form?.matches("[data-live]")) {
    event.target.form.requestSubmit();
  }
});

async function send(form) {
  let page;
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch (problem) {
    console.warn("cart code:", problem.message);
    HTMLFormElement.prototype.submit.call(form); // the plain way
    return;
  }
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  const donation = document.querySelector("perennial-donation");
  const before = page.querySelector("perennial-donation")?.getAttribute("cart-total-minor");
  if (donation && before) donation.setAttribute("cart-total-minor", before);
  document.querySelector('[data-part="saving"] input[name="code"]')?.focus();
}
