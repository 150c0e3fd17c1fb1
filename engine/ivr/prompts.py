"""The catalogue of prompts: what is said under which name, in each language.

A prompt is known by its name; recorded files bear the name and lie in a folder for each language. Some exist in one
language only: an offer to choose a language is spoken in that language, and each language counts with its own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.kernel.errors import OurFault

__all__ = ["LANGUAGES", "PROMPTS", "names_in", "spoken_text"]

LANGUAGES = ("zh", "en")

DIGITS_ZH = ("零", "幺", "二", "三", "四", "五", "六", "七", "八", "九")
NUMBERS_ZH = ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
NUMBERS_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS_EN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

SENTENCES: Mapping[str, tuple[str, str]] = {
    # to callers
    "welcome": ("您好，欢迎致电客户服务中心。", "Hello, and welcome to customer service."),
    "menu": ("人工服务请按 1，或者在线等候。", "To speak with an agent press 1, or stay on the line."),
    "wrong_key": ("您的按键有误，请重新选择。", "That is not one of the choices. Please try again."),
    "all_busy_wait": ("座席全忙，请稍候。", "All our agents are busy. Please wait."),
    "place_before": ("您现在排在第", "You are number"),
    "place_after": ("位，请耐心等候。", "in the queue. Thank you for waiting."),
    "queue_full": ("当前排队人数已满，请稍后再拨。", "Too many callers are waiting. Please call again later."),
    "goodbye": ("感谢您的来电，再见。", "Thank you for calling. Goodbye."),
    "agent_before": ("工号", "Agent"),
    "agent_after": ("为您服务。", "at your service."),
    # to agents at their phones
    "logged_in": ("登录成功。", "You are logged in."),
    "logged_out": ("已退出登录。", "You are logged out."),
    "now_ready": ("您已示闲。", "You are ready."),
    "now_not_ready": ("您已示忙。", "You are not ready."),
    "reason_unknown": ("没有这个示忙原因。", "There is no such reason."),
    "wrap_up_ended": ("话后整理已结束。", "Wrap-up has ended."),
    "wrap_up_longer": ("话后整理时间已延长。", "You have more time for wrap-up."),
    "call_noted": ("小结已记录。", "It is noted."),
    "note_unknown": ("没有这个小结代码。", "There is no such note."),
    "signed_in": ("已签入该队列。", "You are signed in."),
    "signed_out": ("已签出该队列。", "You are signed out."),
    "queue_unknown": ("没有这个队列。", "There is no such queue."),
    "reason_used_up": ("该原因今天的时间已用完。", "Your time for this reason is used up for today."),
    "answered_before": ("您今天接听", "Today you have answered"),
    "answered_after": ("个电话。", "calls."),
    "missed_before": ("未接", "You have missed"),
    "missed_after": ("个。", "calls."),
    "talked_before": ("通话", "You have talked for"),
    "talked_after": ("分钟。", "minutes."),
    "wrong_pin": ("密码错误。", "The PIN is wrong."),
    "locked_out": ("密码多次错误，该工号已暂时锁定。", "Too many wrong PINs. This agent is locked for a while."),
    "not_allowed_now": ("现在不能进行此操作。", "That is not possible now."),
    "unknown_agent": ("没有这个工号。", "There is no such agent."),
    "not_logged_in": ("您还没有登录。", "You are not logged in."),
    "already_elsewhere": ("该工号已在其他话机登录。", "This agent is logged in at another phone."),
    "number_unknown": ("您拨的号码不存在，请核对后再拨。", "There is no such number. Please check it and dial again."),
    "number_barred": ("您没有拨打该号码的权限。", "This number may not be called from this phone."),
    "limit_reached": ("今日外呼已达到限额。", "The limit of outside calls for today is reached."),
    "account_wanted": ("请使用正确的账号码拨打。", "Please dial with a valid account code."),
    "condition_closed": ("已切换为下班状态。", "It is closed now."),
    "condition_by_hours": ("已恢复按时间表运行。", "It follows the hours again."),
    "service_set": ("登记成功。", "It is set."),
    "service_ended": ("已经取消。", "It has been ended."),
    "service_is_set": ("该项服务已登记。", "This is set."),
    "service_not_set": ("该项服务没有登记。", "This is not set."),
    "forward_refused": ("不能转移到该号码。", "Calls cannot be forwarded to that number."),
    "time_wrong": ("时间有误，请重新登记。", "That is no time. Please set it again."),
    "wake_up_before": ("您好，这是叫醒服务，现在时间", "Good day, this is your wake-up call. The time is"),
    "hour": ("点", "hours"),
    "minute": ("分", "minutes"),
    "not_disturbed": ("您拨打的分机已设置免打扰，请稍后再拨。", "This extension does not take calls now. Please try again later."),
    "parked_at": ("已驻留，取回号码为", "The call is parked at"),
    "nothing_rings": ("没有可以代答的来电。", "There is no call to pick up."),
    "nobody_parked": ("该驻留位没有来电。", "Nobody is parked there."),
    "disa_account": ("请输入账号，以井号键结束。", "Please enter your account number, then the hash key."),
    "disa_pin": ("请输入密码，以井号键结束。", "Please enter your PIN, then the hash key."),
    "too_many_tries": ("密码错误次数过多，请稍后再试。", "Too many wrong PINs. Please try again later."),
    "balance_before": ("您的余额为", "Your balance is"),
    "balance_after": ("元。", "yuan."),
    "balance_used": ("余额不足，不能呼出。", "The balance is used up. No call is possible."),
    "not_reached": ("您拨打的电话暂时无法接通。", "The number you have called cannot be reached."),
    "lines_busy": ("外线全忙，请稍后再拨。", "All outside lines are busy. Please try again later."),
}
"""Name → Chinese, English."""


def _catalogue() -> dict[str, dict[str, str]]:
    made = {name: {"zh": zh, "en": en} for name, (zh, en) in SENTENCES.items()}
    made["language_zh"] = {"zh": "中文服务请按 1。"}
    made["language_en"] = {"en": "For English press 2."}
    for digit in range(10):
        made[f"digit_{digit}"] = {"zh": DIGITS_ZH[digit], "en": NUMBERS_EN[digit]}
    for number, word in enumerate(NUMBERS_EN):
        made[f"number_{number}"] = {"en": word}
    for number, word in enumerate(NUMBERS_ZH):
        made[f"number_{number}"]["zh"] = word
    for number, word in enumerate(TENS_EN):
        made[f"number_{20 + 10 * number}"] = {"en": word}
    made["number_100"] = {"zh": "百", "en": "hundred"}
    made["number_1000"] = {"zh": "千", "en": "thousand"}
    made["number_and"] = {"en": "and"}
    return made


PROMPTS: Mapping[str, Mapping[str, str]] = _catalogue()
"""Name → language → what is said."""


def names_in(languages: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Every ``(language, name)`` that exists in these languages, in the order of the catalogue."""
    return tuple((language, name) for language in languages for name, said in PROMPTS.items() if language in said)


def spoken_text(name: str, language: str) -> str:
    """What the prompt says. OurFault when there is no such prompt in this language."""
    said = PROMPTS.get(name, {}).get(language)
    if said is None:
        raise OurFault(f"there is no prompt {name!r} in {language!r}")
    return said
