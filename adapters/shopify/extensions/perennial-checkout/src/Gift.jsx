import { useInstructions, useSettings } from "@shopify/ui-extensions/checkout/preact";
import { useEffect, useState } from "preact/hooks";
import { GIFT, giftIn, isRounded, minorOf, ROUNDED, ways } from "../../shared/gift.js";

const NONE = "none";
const PRICE = "query Piece($id: ID!) { node(id: $id) { ... on ProductVariant { price { amount currencyCode } } } }";

/**
 * The shopper's choice of a gift: nothing is chosen for anybody, and what is chosen can be taken back.
 *
 * @param {{mine: import("../../shared/service.js").Mine,
 *   lines: ReturnType<typeof import("@shopify/ui-extensions/checkout/preact").useCartLines>,
 *   total: ReturnType<typeof import("@shopify/ui-extensions/checkout/preact").useTotalAmount>}} props
 */
export function Gift({ mine, lines, total }) {
  const { lines: may } = useInstructions();
  const settings = useSettings();
  const variant = String(settings.donation_variant ?? "");
  const [price, setPrice] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const exponent = mine.currency_exponent;
  const cause = mine.causes.find(({ key }) => key === settings.cause) ?? mine.causes[0];
  const line = giftIn(lines);
  const given = line ? minorOf(line.cost.totalAmount.amount, exponent) : 0;
  const before = minorOf(total.amount, exponent) - given;
  const offered = ways(before, price, mine.donation);
  const rounding = offered.find(({ rounds }) => rounds);
  const rounded = line !== undefined && isRounded(line);

  useEffect(() => {
    if (!variant) return;
    piece(variant, total.currencyCode, exponent).then(setPrice, (problem) => console.warn("perennial:", problem));
  }, [variant, total.currencyCode]);
  useEffect(() => {
    // Shipping or a code changed the total under a rounded-up gift.
    if (price && rounded && !busy && given !== (rounding?.minor ?? 0)) put(rounding?.minor ?? 0, true);
  }, [price, before, rounded]);

  if (!price || !cause || !may.canAddCartLine || !may.canRemoveCartLine) return null;

  /** @param {number} minor @param {boolean} rounds */
  async function put(minor, rounds) {
    setBusy(true);
    let done = true;
    if (line) done = await change({ type: "removeCartLine", id: line.id, quantity: line.quantity });
    if (done && minor) {
      const attributes = [{ key: GIFT, value: cause.key }, ...(rounds ? [{ key: ROUNDED, value: "1" }] : [])];
      done = await change({ type: "addCartLine", merchandiseId: variant, quantity: minor / price, attributes });
    }
    setFailed(!done);
    setBusy(false);
  }

  /** @param {Event} event */
  function choose(event) {
    const [value = NONE] = /** @type {{values?: string[]}} */ (/** @type {unknown} */ (event.currentTarget)).values ?? [];
    const wanted = offered.find((way) => nameOf(way) === value);
    put(wanted?.minor ?? 0, wanted?.rounds ?? false);
  }

  const chosen = line ? [nameOf({ minor: given, rounds: rounded })] : [];
  const kept = mine.donation.share_kept_percent;
  return (
    <s-section heading={shopify.i18n.translate("gift", { cause: cause.name })}>
      <s-stack gap="base">
        {cause.story && <s-text dir="auto">{cause.story}</s-text>}
        <s-text color="subdued">{kept > 0 ? shopify.i18n.translate("kept", { percent: kept }) : shopify.i18n.translate("all")}</s-text>
        <s-choice-list
          label={shopify.i18n.translate("gift", { cause: cause.name })}
          labelAccessibilityVisibility="exclusive"
          name="gift"
          values={chosen}
          disabled={busy}
          onChange={choose}
        >
          {offered.map((way) => (
            <s-choice key={nameOf(way)} value={nameOf(way)}>
              {shopify.i18n.translate(way.rounds ? "round_up" : "give", { money: money(way.minor, total.currencyCode, exponent) })}
            </s-choice>
          ))}
          <s-choice value={NONE}>{shopify.i18n.translate("none")}</s-choice>
        </s-choice-list>
        {failed && <s-banner tone="critical">{shopify.i18n.translate("gift_failed")}</s-banner>}
      </s-stack>
    </s-section>
  );
}

/** @param {{minor: number, rounds: boolean}} way */
const nameOf = ({ minor, rounds }) => (rounds ? "round_up" : String(minor));

/** Left to right inside any sentence. @param {number} minor @param {string} currency @param {number} exponent */
const money = (minor, currency, exponent) => `\u2066${shopify.i18n.formatCurrency(minor / 10 ** exponent, { currency })}\u2069`;

/** @param {Parameters<typeof shopify.applyCartLinesChange>[0]} wanted */
async function change(wanted) {
  const { type } = await shopify.applyCartLinesChange(wanted);
  return type === "success";
}

/** What one piece costs, in minor units; 0 in another currency, since nothing is converted. @param {string} id @param {string} currency @param {number} exponent */
async function piece(id, currency, exponent) {
  /** @type {{data?: {node?: {price?: {amount: string, currencyCode: string}} | null}}} */
  const { data } = await shopify.query(PRICE, { variables: { id } });
  const price = data?.node?.price;
  return price && price.currencyCode === currency ? minorOf(price.amount, exponent) : 0;
}
