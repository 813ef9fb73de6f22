/** Puts a gift chosen in <perennial-donation> into the cart, and the new total on the page. */
document.addEventListener("perennial-donation:chosen", async (event) => {
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
