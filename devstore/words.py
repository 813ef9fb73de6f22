"""What the pages say, in three languages; a key has all of them or the import fails."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from devstore.model import LANGUAGES

LANGUAGE_NAMES = {"en": "English", "ar": "العربية", "zh-Hant": "繁體中文"}
_LOCALES = {"en": "en_GB", "ar": "ar", "zh-Hant": "zh_Hant"}

_WORDS: dict[str, tuple[str, str, str]] = {
    "skip": ("Skip to content", "تخطَّ إلى المحتوى", "跳到主要內容"),
    "tagline": (
        "Pots, plates and tea, made slowly.",
        "أباريق وأطباق وشاي، تُصنع على مهل.",
        "慢慢做的壺、盤與茶。",
    ),
    "everything": ("Everything", "الكل", "全部商品"),
    "cart": ("Cart", "السلة", "購物車"),
    "account": ("Account", "الحساب", "帳戶"),
    "log_in": ("Log in", "تسجيل الدخول", "登入"),
    "log_out": ("Log out", "تسجيل الخروج", "登出"),
    "language": ("Language", "اللغة", "語言"),
    "shop": ("Shop", "المتجر", "商店"),
    "add_to_cart": ("Add to cart", "أضف إلى السلة", "加入購物車"),
    "sold_out": ("Sold out", "نفدت الكمية", "已售完"),
    "your_cart": ("Your cart", "سلتك", "您的購物車"),
    "cart_empty": ("Nothing here yet.", "لا شيء هنا بعد.", "購物車還是空的。"),
    "see_everything": ("See everything", "تصفّح الكل", "看看全部商品"),
    "quantity": ("Quantity", "الكمية", "數量"),
    "change_quantity": ("Update", "تحديث", "更新"),
    "summary": ("Summary", "الملخص", "訂單摘要"),
    "products": ("Products", "المنتجات", "商品"),
    "shipping": ("Shipping", "الشحن", "運費"),
    "gift": ("Gift to {cause}", "تبرع إلى {cause}", "捐給 {cause}"),
    "total": ("Total", "الإجمالي", "合計"),
    "check_out": ("Check out", "إتمام الطلب", "前往結帳"),
    "cause": ("Riverbank", "«ضفة النهر»", "「河岸」"),
    "gift_ask": (
        "Add a little for {cause}?",
        "أتضيف مبلغًا بسيطًا إلى {cause}؟",
        "為{cause}添一點心意？",
    ),
    "gift_story": (
        "They plant reeds and clean the Aldwater.",
        "يزرعون القصب وينظّفون نهر ألدووتر.",
        "他們種蘆葦、清理奧德河。",
    ),
    "gift_all": (
        "All of it goes to them; the shop keeps nothing.",
        "يصلهم تبرعك كاملًا، ولا يحتفظ المتجر بشيء.",
        "您的捐款全數交給他們，本店不留分毫。",
    ),
    "round_up": ("Round up to {money}", "تقريب الإجمالي إلى {money}", "湊整到 {money}"),
    "give": ("Give", "تبرّع", "捐"),
    "not_this_time": ("Not this time", "ليس هذه المرة", "這次先不要"),
    "save_choice": ("Save choice", "احفظ الاختيار", "儲存選擇"),
    "gift_nothing": (
        "Nothing is added unless you choose.",
        "لا يُضاف شيء ما لم تختر.",
        "您未選擇就不會加收。",
    ),
    "checkout": ("Checkout", "إتمام الطلب", "結帳"),
    "details": ("Your details", "بياناتك", "您的資料"),
    "as_guest": (
        "You are checking out as a guest.",
        "تشتري الآن ضيفًا.",
        "您正以訪客身分結帳。",
    ),
    "as_member": (
        "Logged in as {name}.",
        "سجّلت الدخول باسم {name}.",
        "目前以 {name} 登入。",
    ),
    "email": ("E-mail", "البريد الإلكتروني", "電子郵件"),
    "first_name": ("First name", "الاسم الأول", "名字"),
    "last_name": ("Last name", "اسم العائلة", "姓氏"),
    "address": ("Address", "العنوان", "地址"),
    "payment": ("Payment", "الدفع", "付款方式"),
    "pay_card": ("Card, paid at once", "بطاقة، يُدفع فورًا", "信用卡，立即付款"),
    "pay_bank": (
        "Bank transfer, on hold until it arrives",
        "تحويل مصرفي، معلّق حتى وصوله",
        "銀行轉帳，入帳前保留訂單",
    ),
    "pay_cod": ("Cash on delivery", "الدفع عند التسليم", "貨到付款"),
    "place_order": ("Place order", "تأكيد الطلب", "送出訂單"),
    "thanks": ("Thank you, {name}.", "شكرًا، {name}.", "謝謝您，{name}。"),
    "have_order": (
        "We have your order {number}.",
        "تسلّمنا طلبك {number}.",
        "已收到您的訂單 {number}。",
    ),
    "keep_looking": ("Keep looking", "واصل التصفّح", "繼續逛逛"),
    "order": ("Order {number}", "الطلب {number}", "訂單 {number}"),
    "your_orders": ("Your orders", "طلباتك", "您的訂單"),
    "no_orders": (
        "Orders appear here once you have placed one.",
        "تظهر الطلبات هنا بعد أول طلب.",
        "下單之後，訂單會顯示在這裡。",
    ),
    "who_are_you": ("Who is shopping?", "من يتسوق؟", "請選擇身分"),
    "log_in_as": ("Continue as {name}", "المتابعة باسم {name}", "以 {name} 的身分繼續"),
    "other_account": ("Another account", "حساب آخر", "其他帳戶"),
    "new_account": ("New account", "حساب جديد", "建立新帳戶"),
    "create_account": ("Create account", "إنشاء الحساب", "建立帳戶"),
    "no_account": (
        "No account has that e-mail address.",
        "لا حساب بهذا البريد الإلكتروني.",
        "沒有使用這個電子郵件的帳戶。",
    ),
    "has_account": (
        "That e-mail address has an account. Log in instead.",
        "لهذا البريد حساب. سجّل الدخول.",
        "這個電子郵件已有帳戶，請直接登入。",
    ),
    "not_possible": (
        "That could not be ordered. Please check your cart.",
        "تعذّر تنفيذ الطلب. راجع سلتك.",
        "無法完成訂購，請檢查購物車。",
    ),
    "have_code": ("Discount code", "رمز الخصم", "折扣碼"),
    "use_code": ("Apply", "تطبيق", "套用"),
    "remove_code": ("Remove {code}", "إزالة {code}", "移除 {code}"),
    "discount": ("Discount", "خصم", "折扣"),
    "free_shipping": ("Free shipping", "شحن مجاني", "免運費"),
    "store_credit": ("Store credit", "رصيد المتجر", "購物金"),
    "pay_with_credit": (
        "Pay with store credit: {money}",
        "الدفع من رصيد المتجر: {money}",
        "使用購物金：{money}",
    ),
    "still_to_pay": ("Still to pay", "المتبقي للدفع", "尚需支付"),
    "credit_needs_card": (
        "Store credit can be used when the rest is paid by card.",
        "يُستعمل رصيد المتجر حين يُدفع الباقي بالبطاقة.",
        "其餘以信用卡付款時，才能使用購物金。",
    ),
    "code_unknown": (
        "There is no discount code {code}.",
        "لا يوجد رمز خصم {code}.",
        "沒有折扣碼 {code}。",
    ),
    "code_expired": ("{code} has expired.", "انتهت صلاحية {code}.", "{code} 已過期。"),
    "code_used": (
        "{code} has been used already.",
        "سبق استعمال {code}.",
        "{code} 已經用過了。",
    ),
    "code_minimum": (
        "Your cart is too small for {code}. It needs {money} of products.",
        "سلتك أقل من المطلوب لرمز {code}. يلزم {money} من المنتجات.",
        "購物車金額不足，{code} 需滿 {money} 的商品。",
    ),
    "code_not_yours": (
        "{code} belongs to another customer.",
        "يخص {code} زبونًا آخر.",
        "{code} 屬於另一位顧客。",
    ),
    "code_log_in": (
        "{code} is for one customer. Log in to use it.",
        "يخص {code} زبونًا واحدًا. سجّل الدخول لاستعماله.",
        "{code} 僅限一位顧客使用，請先登入。",
    ),
    "code_email": (
        "{code} is for one customer. Tell us your e-mail address to use it.",
        "يخص {code} زبونًا واحدًا. اكتب بريدك الإلكتروني لاستعماله.",
        "{code} 僅限一位顧客使用，請填寫電子郵件。",
    ),
    "code_alone": (
        "{code} cannot be used with the other discounts.",
        "لا يُستعمل {code} مع الخصومات الأخرى.",
        "{code} 不能與其他折扣併用。",
    ),
    "code_nothing": (
        "Nothing in your cart is part of {code}.",
        "لا شيء في سلتك يشمله {code}.",
        "購物車裡沒有 {code} 適用的商品。",
    ),
    "club": ("Club", "النادي", "會員俱樂部"),
    "club_quiet": (
        "The club opens once a programme is connected.",
        "يُفتح النادي بعد ربط برنامج الولاء.",
        "連接會員方案後，俱樂部就會開放。",
    ),
    "practice": (
        "A practice shop. Nothing is charged and nothing is sent.",
        "متجر للتجربة. لا يُخصم مبلغ ولا يُرسل شيء.",
        "練習用商店，不會扣款也不會出貨。",
    ),
    "refunded": ("Refunded", "مبلغ مُسترد", "已退款"),
    "status_pending": ("Awaiting payment", "بانتظار الدفع", "等待付款"),
    "status_on-hold": ("On hold", "معلّق", "保留中"),
    "status_processing": ("Processing", "قيد التجهيز", "處理中"),
    "status_completed": ("Completed", "مكتمل", "已完成"),
    "status_cancelled": ("Cancelled", "ملغى", "已取消"),
    "status_failed": ("Payment failed", "تعذّر الدفع", "付款失敗"),
    "status_refunded": ("Refunded", "مُسترد", "已退款"),
    "status_trash": ("Removed", "محذوف", "已移除"),
}

WORDS: dict[str, dict[str, str]] = {
    language: {key: texts[index] for key, texts in _WORDS.items()}
    for index, language in enumerate(LANGUAGES)
}


def day(of: date, language: str) -> str:
    """22 November 2026, as the language writes it, in Latin digits."""
    return format_date(of, "long", locale=_LOCALES[language])
