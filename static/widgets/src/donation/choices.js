/** What a shopper may give; pure. */

/** Minor units up to the next multiple of `step`; 0 when the total already is one. */
export function roundUp(total, step) {
  if (!(total > 0) || !(step > 0)) return 0;
  return (step - (total % step)) % step;
}

/** [{amountMinor, roundUp}]: rounding up first when it adds anything, then the shop's amounts. */
export function choices(total, { amounts_minor: amounts = [], round_up_to_minor: step = 0 }) {
  const rounding = roundUp(total, step);
  const given = amounts.filter((amount) => amount > 0).map((amountMinor) => ({ amountMinor, roundUp: false }));
  return rounding ? [{ amountMinor: rounding, roundUp: true }, ...given] : given;
}
