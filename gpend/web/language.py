"""The dashboard's words, in English and in Simplified Chinese; the browser says which."""

from collections.abc import Callable

CHINESE = {
    "Overview": "概览",
    "Photos": "照片",
    "running": "运行中",
    "not running": "未运行",
    "{done} of {found} photos done": "已完成 {done} / {found} 张照片",
    "about {time} left": "约剩 {time}",
    "All is done.": "全部完成。",
    "{rate} photos a minute lately": "最近每分钟 {rate} 张",
    "today": "今天",
    "restored": "已修复",
    "kept": "保持原样",
    "failed": "失败",
    "waiting": "等待中",
    "working": "处理中",
    "incomplete": "不完整",
    "unsupported": "不支持",
    "gone": "已删除",
    "Folders": "文件夹",
    "watching": "正在监视",
    "paused": "已暂停",
    "since {time}": "自 {time} 起",
    "waits for your word": "等待您确认",
    "Allow the change": "允许此更改",
    "Last restored": "最近修复",
    "Needs a look": "需要留意",
    "Nothing needs your attention.": "没有需要您处理的事项。",
    "No photos yet.": "还没有照片。",
    "No photo fits.": "没有符合条件的照片。",
    "Search by name": "按文件名搜索",
    "All outcomes": "全部结果",
    "All folders": "全部文件夹",
    "All faces": "全部人脸",
    "Show": "显示",
    "Older photos": "更早的照片",
    "Before": "修复前",
    "After": "修复后",
    "before": "修复前",
    "after": "修复后",
    "Compare before and after": "对比修复前后",
    "Zoom": "缩放",
    "Outline the faces": "标出人脸",
    "Faces": "人脸",
    "Face": "人脸",
    "Sharpness": "清晰度",
    "Verdict": "判断",
    "Reason": "原因",
    "not measured": "未测量",
    "History": "记录",
    "Network": "网络",
    "First seen": "首次发现",
    "Found by": "发现方式",
    "Changed": "更新时间",
    "Output": "输出",
    "Notes": "备注",
    "Try again": "重试",
    "gpend will take it up again.": "gpend 将重新处理这张照片。",
    "gpend will go on.": "gpend 将继续。",
    "The picture cannot be shown: {reason}": "无法显示图片：{reason}",
    "Log in": "登录",
    "Log out": "退出登录",
    "Token": "令牌",
    "The token is wrong, or was asked for too soon after a wrong one. Wait a little and try again.":
        "令牌错误，或在输错后重试过快。请稍候再试。",
    "`gpend web --new-token` on the machine itself shows a new one.":
        "在本机运行 `gpend web --new-token` 可生成新的令牌。",
    "There is no such page.": "没有这个页面。",
    "gpend's ledger cannot be read at the moment: {reason}": "暂时无法读取 gpend 的记录：{reason}",
    "sharp": "足够清晰",
    "small": "太小",
    "profile": "侧脸",
    "covered": "被遮挡",
    "background": "背景人物",
    "hidden": "可能有意模糊",
    "unsure": "不确定是人脸",
    "refused": "修复无益",
    "event": "事件",
    "scan": "扫描",
    "hours": "小时",
    "minutes": "分钟",
    "seconds": "秒",
    "This form is too old. Go back, load the page again, and repeat what you did.": "页面已过期，请返回刷新后重试。",
}  # fmt: skip

Words = Callable[..., str]
"""Gives the words of a language for the English ones; names in braces are filled in."""


def language_of(accepted: str) -> str:
    """The language of the pages, "zh-CN" or "en", for a browser's Accept-Language header (RFC 9110, 12.5.4)."""
    wanted = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, parameters = part.strip().partition(";")
        wanted.append((-_weight(parameters), place, tag.lower()))
    for weight, _, tag in sorted(wanted):
        if weight < 0 and tag.split("-")[0] in ("en", "zh"):
            return "zh-CN" if tag.startswith("zh") else "en"
    return "en"


def words(language: str) -> Words:
    """The words of a language."""
    table = CHINESE if language == "zh-CN" else {}

    def say(text: str, **values: object) -> str:
        return table.get(text, text).format(**values) if values else table.get(text, text)

    return say


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
