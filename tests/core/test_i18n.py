"""Words, counts, numbers and dates in three languages, and the check that keeps them whole."""

from datetime import date, timedelta

import pytest

from connector.core.i18n import LANGUAGES, NBSP, NOUNS, catalog_path, language, reader
from connector.core.money import EXPONENTS
from connector.locales import catalogues, styles

EN, AR, ZH = LANGUAGES["en"], LANGUAGES["ar"], LANGUAGES["zh-Hant"]


@pytest.mark.parametrize(
    ("n", "nominative", "genitive"),
    [
        (0, "لا نقاط", "لا نقاط"),
        (1, "نقطة واحدة", "نقطة واحدة"),
        (2, "نقطتان", "نقطتين"),
        (3, "3 نقاط", "3 نقاط"),
        (11, "11 نقطة", "11 نقطة"),
        (100, "100 نقطة", "100 نقطة"),
        (103, "103 نقاط", "103 نقاط"),
        (2340, "2,340 نقطة", "2,340 نقطة"),
    ],
)
def test_arabic_counts_in_six_forms_and_two_cases(n: int, nominative: str, genitive: str):
    points = AR.count("point", n)
    assert f"{points}" == nominative
    assert f"{points:gen}" == genitive


def test_a_translation_asks_for_the_case_it_needs():
    assert AR.text("Give {points}?", points=AR.count("point", 2)) == "أتريد إضافة نقطتين؟"
    assert EN.text("Give {points}?", points=EN.count("point", 2)) == "Give 2 points?"
    assert ZH.text("Give {points}?", points=ZH.count("point", 2)) == "要給 2 點嗎？"


def test_every_noun_counts_in_every_language():
    for tag in LANGUAGES.values():
        for noun in NOUNS:
            for n in (0, 1, 2, 5, 11, 100):
                assert "{" not in str(tag.count(noun, n))


def test_money_has_its_currencys_decimals_and_no_direction_of_its_own():
    assert EN.money(808950, "USD") == "$8,089.50"
    assert AR.money(808950, "USD") == f"8,089.50{NBSP}US$"
    assert ZH.money(808950, "USD") == "US$8,089.50"
    assert EN.money(2405, "JPY") == "¥2,405"
    assert EN.money(6450, "KWD") == "KWD6.450"
    assert EN.money(-500, "EUR") == "\u2212€5.00"
    assert EN.money(100, "USD", whole=True) == "$1"
    assert EN.money(150, "USD", whole=True) == "$1.50"


def test_every_currency_we_keep_can_be_shown():
    for tag in LANGUAGES.values():
        for currency in EXPONENTS:
            assert tag.money(123456, currency)
            assert tag.money(10**15, currency, whole=True)


def test_numbers_carry_a_real_minus_and_a_plus_when_asked():
    assert EN.signed(103) == "+103"
    assert AR.signed(-48) == "\u221248"
    assert EN.signed(0) == "0"
    assert EN.percent(0.413) == "41.3%"
    assert AR.percent(0.4, 0) == "40%"


def test_dates_read_day_before_month_and_never_break_between():
    day = date(2026, 11, 22)
    assert EN.date(day) == f"22{NBSP}November"
    assert AR.date(day) == f"22{NBSP}نوفمبر"
    assert ZH.date(day) == "11月22日"
    assert ZH.date(day, "weekday") == "11月22日 星期日"
    assert EN.date(day, "long") == f"22{NBSP}November 2026"


def test_time_that_passed_is_told_in_words():
    assert EN.ago(timedelta(minutes=2)) == "2 minutes ago"
    assert AR.ago(timedelta(minutes=2)) == "قبل دقيقتين"
    assert ZH.ago(timedelta(0)) == "1 秒前"


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en-GB", EN),
        ("ar-EG", AR),
        ("zh-TW", ZH),
        ("zh_Hant_HK", ZH),
        ("fr", None),
        ("", None),
        ("../ar", None),
    ],
)
def test_a_tag_finds_the_closest_language(tag: str, found: object):
    assert language(tag) is found


@pytest.mark.parametrize(
    ("tag", "number"),
    [
        ("ar", "2,340"),
        ("ar-AE", "2,340"),
        ("ar_EG", "٢٬٣٤٠"),
        ("ar-SA", "٢٬٣٤٠"),
        ("ar-XX", "2,340"),
    ],
)
def test_a_place_counts_in_its_own_numerals(tag: str, number: str):
    spoken = reader(tag)
    assert spoken is not None
    assert (spoken.tag, spoken.number(2340)) == ("ar", number)


def test_numerals_go_through_money_percent_and_days():
    spoken = reader("ar-EG")
    assert spoken is not None
    assert spoken.money(4805, "USD") == "٤٨٫٠٥\u00a0US$"
    assert spoken.percent(0.413) == "٤١٫٣٪"
    assert spoken.date(date(2026, 12, 5)) == "٥\u00a0ديسمبر"
    assert str(spoken.count("point", 3)) == "٣ نقاط"
    assert reader("zh-TW") is language("zh-TW")
    assert reader("xx") is None


def test_catalogues_and_styles_are_whole():
    assert [*catalogues.problems(), *styles.problems()] == []


def test_the_check_notices(tmp_path, monkeypatch):
    whole = catalog_path("ar").read_text(encoding="utf-8")
    broken = (
        whole.replace("%100>=11 ? 4 : 5", "%100>=11 ? 5 : 4")
        .replace('msgid "Add a cause"', '#, fuzzy\nmsgid "Add a cause"')
        .replace('msgstr "نسخ"', 'msgstr ""')
        .replace('msgid "Cancel"', 'msgid "Cancels"')
        .replace("انتقل {shop} إلى عنوان آخر.", "انتقل {store} إلى عنوان آخر?")
        .replace('msgstr[5] "{n} يوم"', 'msgstr[5] "يوم"')
    )
    path = tmp_path / "ar.po"
    path.write_text(broken, encoding="utf-8")
    monkeypatch.setattr(
        catalogues, "catalog_path", lambda tag: path if tag == "ar" else catalog_path(tag)
    )
    told = "\n".join(catalogues.problems())
    assert "ar.po: Plural-Forms must be" in told
    assert "ar.po: fuzzy: 'Add a cause'" in told
    assert "ar.po: not translated: 'Copy'" in told
    assert "ar.po: missing: 'Cancel'" in told
    assert "ar.po: left over: 'Cancels'" in told
    assert "ar.po: braces differ in 'انتقل {store}" in told
    assert "ar.po: punctuation of another script" in told
    assert "ar.po: braces differ in 'يوم'" in told


def test_the_check_notices_physical_directions(tmp_path, monkeypatch):
    folder = tmp_path / "static" / "admin"
    folder.mkdir(parents=True)
    (folder / "a.css").write_text(
        "a { margin-left: 1px; width: 2px; text-align: right }\n"
        "@media (max-width: 9px) { b { inline-size: 1px; border-start-end-radius: 2px } }\n"
    )
    monkeypatch.setattr(styles, "HOUSE", tmp_path)
    assert [problem.split(": ")[1] for problem in styles.problems()] == [
        "margin-left",
        "width",
        "text-align",
    ]


@pytest.mark.parametrize(
    ("gift", "said"),
    [
        ("折抵 \u2066US$5\u2069", "朋友可享折抵 \u2066US$5\u2069，您得 9 點。"),
        ("50 點", "朋友可享 50 點，您得 9 點。"),
    ],
)
def test_chinese_sets_no_space_between_its_own_words(gift, said):
    chinese = language("zh-Hant")
    assert chinese is not None
    assert chinese.text("Give {money}, get {points}.", money=gift, points="9 點") == said
