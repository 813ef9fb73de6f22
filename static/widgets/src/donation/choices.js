/** What a shopper may give; pure. */

/** Minor units up to the next multiple of `step`; 0 when the total already is one. */
export function roundUp(total, step) {
  if (!(total > 0) || !(step > 0)) return 0;
  return (step - (total % step)) % step;
}

/**
 * [{amountMinor, roundUp}]: the shop's amounts, then rounding up when it adds anything; what a cause has a way for,
 * and what pieces of `piece` minor units make up.
 */
export function choices(total, { amounts_minor: amounts, round_up_to_minor: step }, ways, piece) {
  const given = ways.add_on ? amounts.map((amountMinor) => ({ amountMinor, roundUp: false })) : [];
  const rounding = { amountMinor: ways.round_up ? roundUp(total, step) : 0, roundUp: true };
  return [...given, rounding].filter(({ amountMinor }) => amountMinor > 0 && amountMinor % piece === 0);
}
