"""What the practice shop sells, in three languages, and what is known to be bought together."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES: dict[str, dict[str, str]] = {
    "teaware": {"en": "Teaware", "ar": "أدوات الشاي", "zh-Hant": "茶具"},
    "tableware": {"en": "Tableware", "ar": "أدوات المائدة", "zh-Hant": "餐具"},
    "tea": {"en": "Tea", "ar": "الشاي", "zh-Hant": "茶葉"},
}


@dataclass(frozen=True, slots=True)
class Ware:
    """One product before a platform numbers it. ``pull``: how often it starts a basket."""

    sku: str
    slug: str
    category: str
    price_minor: int
    shape: str
    glaze: str
    pull: int
    titles: tuple[str, str, str]
    blurbs: tuple[str, str, str]


WARES: tuple[Ware, ...] = (
    Ware("TP-CEL", "celadon-teapot", "teaware", 4800, "teapot", "celadon", 9,
         ("Celadon teapot, 350 ml", "إبريق شاي سيلادون، 350 مل", "青瓷茶壺，350 ml"),
         ("Thrown on the wheel in small numbers, glazed twice. Pours cleanly and stays warm.",
          "يُشكَّل على الدولاب بأعداد قليلة ويُزجَّج مرتين. يصب بلا تقطير ويحفظ الدفء.",
          "小量手工拉坯，上釉兩次。斷水俐落，保溫持久。")),
    Ware("TP-TEN", "tenmoku-teapot", "teaware", 6200, "teapot", "tenmoku", 5,
         ("Tenmoku teapot, 500 ml", "إبريق شاي تنموكو، 500 مل", "天目茶壺，500 ml"),
         ("A dark iron glaze that breaks to rust at the rim. Enough for four cups.",
          "طلاء حديدي داكن يميل إلى لون الصدأ عند الحافة. يكفي أربعة أكواب.",
          "深色鐵釉，壺口轉為鏽紅。一壺四杯。")),
    Ware("TP-KYU", "side-handle-kyusu", "teaware", 5400, "kyusu", "rust", 4,
         ("Side-handle kyusu, 280 ml", "كيوسو بمقبض جانبي، 280 مل", "側把急須，280 ml"),
         ("Unglazed red clay, a fine ceramic strainer, and a handle that sits in one hand.",
          "طين أحمر غير مزجج ومصفاة خزفية دقيقة ومقبض يستقر في يد واحدة.",
          "無釉紅陶，細孔陶製濾網，單手就能握穩。")),
    Ware("GW-WHT", "white-gaiwan", "teaware", 2800, "gaiwan", "porcelain", 5,
         ("White gaiwan, 120 ml", "غايوان أبيض، 120 مل", "白瓷蓋碗，120 ml"),
         ("Thin porcelain that cools at the rim. Tells you honestly how a tea tastes.",
          "خزف رقيق تبرد حافته سريعًا، ويُظهر طعم الشاي كما هو.",
          "薄胎白瓷，杯緣散熱快，如實呈現茶味。")),
    Ware("CP-EVE", "everyday-cup", "teaware", 1800, "cup", "sand", 8,
         ("Everyday cup", "كوب كل يوم", "日常杯"),
         ("The cup we drink from ourselves. Two hundred millilitres, stacks, dishwasher safe.",
          "الكوب الذي نشرب منه نحن. مئتا مليلتر، يُرصّ فوق غيره ويصلح لغسالة الصحون.",
          "我們自己每天用的杯子，200 ml，可堆疊，可用洗碗機。")),
    Ware("CP-TAL", "tall-cup", "teaware", 2200, "tallcup", "oat", 4,
         ("Tall cup", "كوب طويل", "高身杯"),
         ("Keeps milk tea warm to the last third. The foot is left bare so it does not slip.",
          "يبقي الشاي بالحليب دافئًا حتى ثلثه الأخير. قاعدته بلا طلاء كي لا ينزلق.",
          "奶茶喝到最後三分之一仍溫熱。杯底不上釉，不易滑動。")),
    Ware("CP-TAS", "tasting-cups", "teaware", 2000, "pair", "celadon", 3,
         ("Tasting cups, set of two", "كوبا تذوق، طقم من اثنين", "品茗杯，兩入"),
         ("Forty millilitres each. Small enough that the second infusion is still hot.",
          "أربعون مليلترًا لكل كوب، فتبقى الصبّة الثانية ساخنة.",
          "每杯 40 ml，喝到第二泡仍是熱的。")),
    Ware("PT-FAI", "fairness-pitcher", "teaware", 2400, "pitcher", "porcelain", 2,
         ("Fairness pitcher", "إبريق التوزيع", "公道杯"),
         ("Evens out an infusion before it is shared, so that every cup tastes the same.",
          "يوحّد قوة المنقوع قبل تقديمه، فيتساوى الطعم في كل كوب.",
          "分茶前先調勻茶湯，每一杯味道相同。")),
    Ware("WH-CHA", "bamboo-whisk", "teaware", 1860, "whisk", "bamboo", 2,
         ("Bamboo whisk", "خفاقة خيزران", "竹製茶筅"),
         ("Eighty tines cut from one piece of bamboo. Rinse in warm water, dry standing up.",
          "ثمانون سنًّا من قطعة خيزران واحدة. تُشطف بماء دافئ وتُجفف واقفة.",
          "一節竹子切出八十根穗。溫水沖洗，直立晾乾。")),
    Ware("BW-MAT", "matcha-bowl", "teaware", 3750, "deepbowl", "moss", 6,
         ("Matcha bowl", "وعاء ماتشا", "抹茶碗"),
         ("Wide enough to whisk in, heavy enough to stay put. No two are quite the same.",
          "واسع للخفق وثقيل فلا يتحرك. لا يتطابق وعاءان تمامًا.",
          "寬度好打茶，重量夠穩。每一只都略有不同。")),
    Ware("TR-WAL", "walnut-tray", "teaware", 3000, "tray", "walnut", 3,
         ("Walnut tray", "صينية جوز", "胡桃木托盤"),
         ("Turned from one board, oiled by hand. Holds a pot and three cups.",
          "مخروطة من لوح واحد ومدهونة بالزيت يدويًّا. تتسع لإبريق وثلاثة أكواب.",
          "整塊木板車製，手工上油。放得下一壺三杯。")),
    Ware("SC-CHE", "cherry-scoop", "teaware", 890, "scoop", "cherry", 2,
         ("Cherry wood scoop", "مغرفة من خشب الكرز", "櫻桃木茶則"),
         ("One level scoop is two grams of leaf.",
          "ملء المغرفة غرامان من أوراق الشاي.",
          "一平匙正好兩公克茶葉。")),
    Ware("BW-RUS", "rust-bowl", "tableware", 2600, "bowl", "rust", 4,
         ("Rust bowl", "وعاء بلون الصدأ", "鏽紅碗"),
         ("For soup, for fruit, for keys by the door. A foot ring that is pleasant to hold.",
          "للحساء أو الفاكهة أو المفاتيح عند الباب. حلقة قاعدته مريحة لليد.",
          "盛湯、放水果，或擺在門邊放鑰匙。圈足好拿。")),
    Ware("BW-RIC", "rice-bowl", "tableware", 2130, "bowl", "cobalt", 4,
         ("Rice bowl", "وعاء أرز", "飯碗"),
         ("Cobalt brushed on before the glaze, so every line is a little different.",
          "كوبالت مرسوم بالفرشاة تحت الطلاء، فلا يتشابه خطان.",
          "釉下以筆刷繪鈷藍，每道線條都不一樣。")),
    Ware("PL-DIN", "dinner-plate", "tableware", 3200, "plate", "oat", 4,
         ("Dinner plate", "طبق رئيسي", "主餐盤"),
         ("Twenty-six centimetres, a low rim, a satin glaze that forgives knives.",
          "ستة وعشرون سنتيمترًا بحافة منخفضة وطلاء مطفأ لا تخدشه السكاكين.",
          "直徑 26 公分，淺緣，緞面釉不怕刀痕。")),
    Ware("PL-SID", "side-plate", "tableware", 1940, "plate", "celadon", 2,
         ("Side plate", "طبق جانبي", "小碟"),
         ("Eighteen centimetres. Cake, toast, or the spoon you are still using.",
          "ثمانية عشر سنتيمترًا، للكعك أو الخبز أو الملعقة التي ما زلت تستعملها.",
          "直徑 18 公分，放蛋糕、吐司，或還要用的湯匙。")),
    Ware("VS-BUD", "bud-vase", "tableware", 3420, "vase", "cobalt", 3,
         ("Bud vase", "مزهرية لزهرة واحدة", "單枝花瓶"),
         ("For one stem. Looks finished with none.",
          "لغصن واحد، وتبدو مكتملة من دونه.",
          "插一枝就好，不插也好看。")),
    Ware("JR-LID", "lidded-jar", "tableware", 2900, "jar", "sand", 2,
         ("Lidded jar", "مرطبان بغطاء", "附蓋罐"),
         ("Holds a hundred grams of tea, or sugar, or whatever should stay dry.",
          "يتسع لمئة غرام من الشاي أو السكر أو ما ينبغي أن يبقى جافًّا.",
          "可裝 100 公克茶葉或糖，或任何怕潮的東西。")),
    Ware("TE-HOJ", "hojicha", "tea", 1400, "tin", "slate", 5,
         ("Hojicha, 100 g", "هوجيتشا، 100 غ", "焙茶，100 g"),
         ("Roasted green tea, low in caffeine. Good after dinner.",
          "شاي أخضر محمّص قليل الكافيين، مناسب بعد العشاء.",
          "焙炒綠茶，咖啡因低，適合晚餐後。")),
    Ware("TE-SEN", "sencha", "tea", 1560, "tin", "moss", 6,
         ("Sencha, 100 g", "سنتشا، 100 غ", "煎茶，100 g"),
         ("First harvest, steamed. Seventy degrees, one minute.",
          "قطفة أولى مبخّرة. سبعون درجة ودقيقة واحدة.",
          "春摘蒸青。70 度，一分鐘。")),
    Ware("TE-MAT", "matcha", "tea", 2740, "tin", "matcha", 5,
         ("Matcha, 30 g", "ماتشا، 30 غ", "抹茶，30 g"),
         ("Stone milled this season. Enough for fifteen bowls.",
          "مطحون بالحجر هذا الموسم، يكفي خمسة عشر وعاء.",
          "本季石磨，約可打十五碗。")),
    Ware("TE-OOL", "baked-oolong", "tea", 1820, "tin", "rust", 4,
         ("Baked oolong, 100 g", "أولونغ محمّص، 100 غ", "炭焙烏龍，100 g"),
         ("Slow charcoal bake. Six infusions, each one different.",
          "تحميص بطيء على الفحم. ست صبّات لكل منها طعم.",
          "慢火炭焙，可沖六泡，泡泡不同。")),
    Ware("TE-CHA", "chamomile", "tea", 1080, "tin", "pollen", 3,
         ("Chamomile, 50 g", "بابونج، 50 غ", "洋甘菊，50 g"),
         ("Whole flowers, nothing else.",
          "أزهار كاملة ولا شيء سواها.",
          "只有完整花朵，別無其他。")),
    Ware("TE-JAS", "jasmine-pearls", "tea", 1900, "tin", "jasmine", 3,
         ("Jasmine pearls, 75 g", "لآلئ الياسمين، 75 غ", "茉莉龍珠，75 g"),
         ("Rolled by hand, scented on five nights. Watch them open.",
          "ملفوفة يدويًّا ومعطّرة خمس ليال. راقبها وهي تتفتح.",
          "手工揉捻，薰香五夜。看它慢慢舒展。")),
    # Nobody bought it yet: what is known of it is its title.
    Ware("TP-CEG", "large-celadon-teapot", "teaware", 6400, "teapot", "celadon", 0,
         ("Celadon teapot, 600 ml", "إبريق شاي سيلادون، 600 مل", "青瓷茶壺，600 ml"),
         ("The same pot for a full table. New this month.",
          "الإبريق نفسه لمائدة عامرة. جديد هذا الشهر.",
          "同款大壺，滿桌共飲。本月新品。")),
)  # fmt: skip

# The truth behind "bought together": given the first, how often the second joins the basket, in
# percent. The history is drawn from this and nothing else, so a recommender can be judged by it.
COMPANIONS: dict[str, dict[str, int]] = {
    "TP-CEL": {"CP-EVE": 46, "TE-SEN": 30, "TR-WAL": 24},
    "TP-TEN": {"CP-TAL": 40, "TE-OOL": 28, "JR-LID": 14},
    "TP-KYU": {"TE-SEN": 42, "TE-HOJ": 30, "CP-EVE": 18},
    "GW-WHT": {"CP-TAS": 50, "PT-FAI": 40, "TE-OOL": 34, "TE-JAS": 20},
    "BW-MAT": {"WH-CHA": 56, "TE-MAT": 60, "SC-CHE": 24},
    "PL-DIN": {"PL-SID": 52, "BW-RIC": 28},
    "BW-RUS": {"BW-RIC": 26, "PL-SID": 16},
    "VS-BUD": {"JR-LID": 16},
    "CP-EVE": {"TE-HOJ": 22},
    "TE-MAT": {"WH-CHA": 12},
    "TE-HOJ": {"TE-CHA": 14},
    "TE-OOL": {"TE-JAS": 12},
}

# Tea runs out: who bought one comes back for the same one. Days a package lasts.
LASTS_DAYS: dict[str, int] = {
    "TE-HOJ": 45, "TE-SEN": 40, "TE-MAT": 30, "TE-OOL": 50, "TE-CHA": 40, "TE-JAS": 55,
}  # fmt: skip

# Collections beside those of the categories, by title, and the merchant's own labels.
COLLECTIONS: dict[str, frozenset[str]] = {
    "Tea table": frozenset({"TP-CEL", "TP-TEN", "TP-KYU", "GW-WHT", "CP-TAS", "PT-FAI"}),
    "Small gifts": frozenset({"CP-EVE", "WH-CHA", "TE-CHA", "TE-JAS"}),
}
TAGS: dict[str, frozenset[str]] = {
    "bestseller": frozenset({"TP-CEL", "CP-EVE", "TE-SEN"}),
    "new": frozenset({"VS-BUD", "TE-JAS"}),
}
