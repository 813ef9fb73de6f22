import { useEffect, useState } from "preact/hooks";
import { giftIn } from "./gift.js";
import { ask, numberOf, pause, tell } from "./service.js";

const TRIES = 6;
const SHOWN = 4;
const NOTED = /^\d{1,3}(?=\.|$)/; // which of a thousand the order's buyer is
const DAY_MS = 86_400_000;

/**
 * What an order brought: its points, its gift, and what goes well with it.
 *
 * @param {{id: string, lines: readonly {merchandise: {product: {id: string}}, attributes: {key: string, value?: unknown}[],
 *     cost: {totalAmount: {amount: number, currencyCode: string}}}[],
 *   noted: readonly {key: string, value?: unknown}[] | undefined, counts: boolean, token: import("./service.js").Token, lang: string, t: (key: string, more?: Record<string, string>) => string,
 *   money: (amount: number, currency: string) => string}} props
 */
export function Brought({ id, lines, noted, counts, token, lang, t, money }) {
  const [told, setTold] = useState(/** @type {import("./service.js").Brought | null} */ (null));
  const gift = giftIn(lines);
  const note = (/** @type {string} */ name) => String(noted?.find(({ key }) => key === name)?.value ?? "");
  const bucket = NOTED.exec(note("_perennial_row"))?.[0] ?? "";
  const rests = Number(note("_perennial_rest")) > Date.now() / DAY_MS - 1; // until the end of that day: "not now"
  const goods = rests ? [] : lines.filter((line) => line !== gift);
  const product = goods.map((line) => numberOf(line.merchandise.product.id)).slice(0, 100).join(",");

  useEffect(() => {
    let stopped = false;
    (async () => {
      for (let tried = 0; tried < TRIES && !stopped; tried += 1) {
        /** @type {import("./service.js").Brought} */
        const found = await ask(token, `order/${numberOf(id)}`, product ? { lang, product, bucket } : { lang });
        if (stopped) return;
        setTold(found);
        if (!found.again_ms) return;
        await pause(found.again_ms);
      }
    })().catch((problem) => console.warn("perennial:", problem));
    return () => {
      stopped = true;
    };
  }, [id, product]);

  const shown = told?.recommendations.slice(0, SHOWN) ?? [];
  const met = (/** @type {{shown?: number, clicks?: number}} */ what) => {
    if (told && counts) tell(token, told, shown, what).catch((problem) => console.warn("perennial:", problem));
  };
  useEffect(() => met({ shown: shown.length ? 1 : 0 }), [told?.surface, told?.row]); // once a page: drawn is seen here

  if (!told) return null;
  const given = told.order?.donations.map(({ said }) => said) ?? [];
  if (gift && !given.length) {
    const { amount, currencyCode } = gift.cost.totalAmount;
    given.push(t("gift", { money: money(Number(amount), currencyCode) }));
  }
  const said = [...(told.order?.said ?? []), ...given, ...(told.order?.impact ?? [])];
  return (
    <s-stack gap="large">
      {(said.length > 0 || !told.signed_in) && (
        <s-section heading={t("heading")}>
          <s-stack gap="small">
            {said.map((sentence) => (
              <s-text key={sentence}>{sentence}</s-text>
            ))}
            {!told.signed_in && <s-text color="subdued">{t("guest")}</s-text>}
          </s-stack>
        </s-section>
      )}
      {shown.length > 0 && (
        <s-section heading={told.heading ?? undefined}>
          <s-grid gridTemplateColumns="1fr 1fr" gap="base">
            {shown.map((one) => (
              <s-stack key={one.key} gap="small">
                {one.image_url && <s-image src={one.image_url} alt="" aspectRatio="1" objectFit="cover" loading="lazy"></s-image>}
                <s-link href={one.url} onClick={() => met({ clicks: 1 })}>{one.title}</s-link>
                {one.price_said && <s-text>{one.price_said}</s-text>}
                {one.reason && <s-text color="subdued">{one.reason}</s-text>}
              </s-stack>
            ))}
          </s-grid>
        </s-section>
      )}
    </s-stack>
  );
}
