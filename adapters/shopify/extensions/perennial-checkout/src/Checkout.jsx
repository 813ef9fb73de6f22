import "@shopify/ui-extensions/preact";
import { useCartLines, useDiscountCodes, useInstructions, useSubtotalAmount, useTotalAmount } from "@shopify/ui-extensions/checkout/preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { giftsIn, isAsked, minorOf } from "../../shared/gift.js";
import { Rewards } from "../../shared/Rewards.jsx";
import { ask } from "../../shared/service.js";
import { Gift } from "./Gift.jsx";
import { HeldGift } from "./HeldGift.jsx";

export default async () => {
  render(<Checkout />, document.body);
};

/** A gift, what this purchase earns, and what points buy. Where an answer is missing, nothing is shown. */
function Checkout() {
  const lines = useCartLines();
  const subtotal = useSubtotalAmount();
  const total = useTotalAmount();
  const { discounts } = useInstructions();
  const used = useDiscountCodes().map(({ code }) => code);
  const [mine, setMine] = useState(/** @type {import("../../shared/service.js").Mine | null} */ (null));
  const lang = shopify.localization.language.value.isoCode;
  const gifts = giftsIn(lines);
  const gift = gifts.at(0);
  const exponent = mine?.currency_exponent ?? 2;
  const given = gifts.reduce((sum, { cost }) => sum + minorOf(cost.totalAmount.amount, exponent), 0);
  const spend = minorOf(subtotal.amount, exponent) - given;
  /** @param {string} key */
  const t = (key) => shopify.i18n.translate(key);
  const again = async () => setMine(await ask(shopify.sessionToken, "me", { lang, spend }));

  useEffect(() => {
    again().catch((problem) => console.warn("perennial:", problem));
  }, [spend]);

  if (!mine) return null;
  /** @param {string} code */
  async function use(code) {
    const { type } = await shopify.applyDiscountCodeChange({ type: "addDiscountCode", code });
    return type === "success";
  }
  return (
    <s-stack gap="large">
      {gift && !isAsked(gift, mine.causes) && <HeldGift line={gift} />}
      {mine.donation && isAsked(gift, mine.causes) && <Gift causes={mine.causes} usual={mine.cause} donation={mine.donation} lines={lines} total={total} />}
      {(mine.earns || mine.member) && (
        <s-section heading={t("points")}>
          <s-stack gap="base">
            {mine.earns && <s-text>{mine.earns.said}</s-text>}
            {mine.have && <s-text color="subdued">{mine.have}</s-text>}
            {mine.member && discounts.canUpdateDiscountCodes && (
              <Rewards mine={mine} token={shopify.sessionToken} lang={lang} t={t} use={use} used={used} again={again} />
            )}
          </s-stack>
        </s-section>
      )}
    </s-stack>
  );
}
