import { useAttributeValues, useInstructions, useSettings } from "@shopify/ui-extensions/checkout/preact";
import { useEffect, useState } from "preact/hooks";
import { causeOf, DECLINED, GIFT, giftsIn, isRounded, minorOf, replaceGifts, ROUNDED, ways } from "../../shared/gift.js";
import { OwnAmount } from "./OwnAmount.jsx";

const NONE = "none";
const OWN = "own";
const NO = "no-gift-at";
const SILENT_MS = 90 * 86_400_000;
const PRICE = "query Piece($id: ID!) { node(id: $id) { ... on ProductVariant { price { amount currencyCode } } } }";

/**
 * The shopper's choice of a gift: nothing is chosen for anybody, what is chosen can be taken back, and a no
 * is not asked again for ninety days.
 *
 * `usual`: the cause a member gives to.
 *
 * @param {{causes: import("../../shared/service.js").Cause[], usual: string | null, donation: import("../../shared/service.js").Donation,
 *   lines: ReturnType<typeof import("@shopify/ui-extensions/checkout/preact").useCartLines>,
 *   total: ReturnType<typeof import("@shopify/ui-extensions/checkout/preact").useTotalAmount>}} props
 */
export function Gift({ causes, usual, donation, lines, total }) {
  const { lines: may } = useInstructions();
  const settings = useSettings();
  const [declined] = useAttributeValues([DECLINED]);
  const [isDeclined] = useState(Boolean(declined)); // before this page: who says no here sees what they said
  const variant = String(settings.donation_variant ?? "");
  const [price, setPrice] = useState(0);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState(/** @type {"gift_failed" | "declined" | ""} */ (""));
  const [isSilent, setSilent] = useState(true);
  const [wanted, setWanted] = useState("");
  const [isOwn, setOwn] = useState(false);
  const { currency, exponent, most_minor: most } = donation;
  const held = giftsIn(lines);
  const line = held.at(0);
  const given = held.reduce((sum, { cost }) => sum + minorOf(cost.totalAmount.amount, exponent), 0);
  const before = minorOf(total.amount, exponent) - given;
  const isRound = line !== undefined && isRounded(line);
  const offered = causes.filter((one) => !line || one.ways[isRound ? "round_up" : "add_on"]);
  const asked = wanted || causeOf(line) || (settings.choice ? usual : String(settings.cause ?? ""));
  const cause = offered.find(({ key }) => key === asked) ?? offered[0];
  const found = cause && price ? ways(before, price, donation, cause) : [];
  const rounding = found.find(({ rounds }) => rounds)?.minor ?? 0;

  useEffect(() => {
    shopify.storage.read(NO).then((at) => setSilent(Date.now() - Number(at ?? 0) < SILENT_MS), () => setSilent(false));
  }, []);
  useEffect(() => {
    if (!variant) return;
    piece(variant, currency, exponent).then(setPrice, (problem) => console.warn("perennial:", problem));
  }, [variant, currency]);
  useEffect(() => {
    // Shipping or a code changed the total under a rounded-up gift.
    if (price && cause && isRound && held.length === 1 && !busy && given !== rounding) put(rounding, true, cause);
  }, [price, before, isRound]);

  if (!price || !cause || ((isSilent || isDeclined) && !line) || total.currencyCode !== currency) return null;
  if (!may.canAddCartLine || !may.canRemoveCartLine) return null;
  const hasOwn = Boolean(cause.ways.add_on && most > 0);
  if (!found.length && !hasOwn && !line) return null;

  /** @param {number} minor @param {boolean} rounds @param {import("../../shared/service.js").Cause} to */
  async function put(minor, rounds, to) {
    setBusy(true);
    const named = to.ways[rounds ? "round_up" : "add_on"] ?? to.key;
    const step = { key: ROUNDED, value: String(donation.round_up_to_minor) };
    const attributes = [{ key: GIFT, value: named }, ...(rounds ? [step] : [])];
    const add = () => change({ type: "addCartLine", merchandiseId: variant, quantity: minor / price, attributes });
    const done = await replaceGifts(() => shopify.lines.value, change, minor ? add : null);
    setSaid(done ? "" : "gift_failed");
    setBusy(false);
    return done;
  }

  /** @param {string} value */
  function choose(value) {
    setOwn(value === OWN);
    if (value === OWN) return;
    const way = found.find((one) => nameOf(one) === value);
    if (way) shopify.storage.delete(NO).catch(() => {});
    else shopify.storage.write(NO, Date.now()).catch(() => {});
    put(way?.minor ?? 0, way?.rounds ?? false, cause).then((done) => done && !way && setSaid("declined"));
  }

  /** For what is in the order already, too. @param {string} key */
  function giveTo(key) {
    setWanted(key);
    const to = offered.find((one) => one.key === key);
    if (line && to) put(given, isRound, to);
  }

  const inOrder = line && nameOf({ minor: given, rounds: isRound });
  const chosen = isOwn || (inOrder && hasOwn && !found.some((one) => nameOf(one) === inOrder)) ? OWN : inOrder;
  /** @param {number} minor */
  const shown = (minor) => money(minor, currency, exponent);
  return (
    <s-section heading={shopify.i18n.translate("gift", { cause: cause.name })}>
      <s-stack gap="base">
        {cause.story && <s-text dir="auto">{cause.story}</s-text>}
        {settings.choice && offered.length > 1 && (
          <s-select label={shopify.i18n.translate("whom")} value={cause.key} disabled={busy} onChange={(event) => giveTo(valueOf(event))}>
            {offered.map(({ key, name }) => (
              <s-option key={key} value={key}>
                {name}
              </s-option>
            ))}
          </s-select>
        )}
        <s-choice-list
          label={shopify.i18n.translate("gift", { cause: cause.name })}
          labelAccessibilityVisibility="exclusive"
          name="gift"
          values={chosen ? [chosen] : []}
          disabled={busy}
          onChange={(event) => choose(valuesOf(event)[0] ?? NONE)}
        >
          {found.map((way) => (
            <s-choice key={nameOf(way)} value={nameOf(way)}>
              {shopify.i18n.translate(way.rounds ? "round_up" : "give", { money: shown(way.minor) })}
            </s-choice>
          ))}
          {hasOwn && <s-choice value={OWN}>{shopify.i18n.translate("other")}</s-choice>}
          <s-choice value={NONE}>{shopify.i18n.translate("none")}</s-choice>
        </s-choice-list>
        {chosen === OWN && hasOwn && (
          <OwnAmount donation={donation} price={price} busy={busy} given={given} shown={shown} give={(minor) => put(minor, false, cause)} />
        )}
        {held.length > 1 && <s-banner tone="warning">{shopify.i18n.translate("several", { money: shown(given) })}</s-banner>}
        {said && <s-banner tone={said === "declined" ? "info" : "critical"}>{shopify.i18n.translate(said)}</s-banner>}
        <s-text color="subdued">{donation.said}</s-text>
      </s-stack>
    </s-section>
  );
}

/** @param {{minor: number, rounds: boolean}} way */
const nameOf = ({ minor, rounds }) => (rounds ? "round_up" : String(minor));

/** @param {Event} event */
const valuesOf = (event) => /** @type {{values?: string[]}} */ (/** @type {unknown} */ (event.currentTarget)).values ?? [];

/** @param {Event} event */
const valueOf = (event) => /** @type {{value?: string}} */ (/** @type {unknown} */ (event.currentTarget)).value ?? "";

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
