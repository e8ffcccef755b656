"""The dashboard's words, in English and in Simplified Chinese; the browser says which."""

from collections.abc import Callable

CHINESE = {
    "Overview": "概览",
    "Photos": "照片",
    "running": "运行中",
    "not running": "未运行",
    "{done} of {found} photos done": "已完成 {done} / {found} 张照片",
    "{count} not whole yet": "{count} 张尚未写完",
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
    "other files that were set aside: {count}": "其他已搁置的文件：{count}",
    "No photo needs your attention.": "没有需要您处理的照片。",
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
    "Noted. gpend sees to it within seconds if it runs, else at its next start.":
        "已记下。gpend 若在运行，几秒内即会处理；否则在下次启动时处理。",
    "To the content": "跳到内容",
    "Threshold": "阈值",
    "resting": "休息中",
    "Pause": "暂停",
    "Go on": "继续",
    "One photo was judged with other settings.": "有 1 张照片是按其他设置判断的。",
    "{count} photos were judged with other settings.": "有 {count} 张照片是按其他设置判断的。",
    "Judge them again": "重新判断",
    "All that was restored": "全部已修复的照片",
    "watching by events": "正在监视（系统事件）",
    "watching by looking again and again": "正在监视（定时查看）",
    "nobody watches it": "无人监视",
    "passed over: one file": "跳过了 1 个文件",
    "passed over: {count} files": "跳过了 {count} 个文件",
    "More": "更多条件",
    "All cameras": "全部相机",
    "Taken from": "拍摄日期从",
    "to": "到",
    "Only what I decided about": "只看我决定过的",
    "One photo": "1 张照片",
    "{count} photos": "{count} 张照片",
    "more than {count} photos": "超过 {count} 张照片",
    "Decide about all of them": "对全部作出决定",
    "Your decision": "您的决定",
    "Restore anyway": "仍然修复",
    "Leave alone": "保持原样",
    "Use the original": "使用原图",
    "Let gpend decide": "由 gpend 决定",
    "For all {count}": "应用于全部 {count} 张",
    "You removed its output, so gpend does not make it again. Try again, and it does.":
        "您删除了它的输出，因此 gpend 不会再次生成；点“重试”即可重新生成。",
    "You decided: restore this face": "您已决定：修复这张人脸",
    "You decided: leave this face alone": "您已决定：不动这张人脸",
    "Restore this face anyway": "仍然修复这张人脸",
    "Leave this face alone": "不动这张人脸",
    "You decided: restore it, whatever the settings say": "您已决定：无论设置如何都修复",
    "You decided: leave it alone": "您已决定：保持原样",
    "You decided: use the original": "您已决定：使用原图",
    "You decided about single faces": "您已对个别人脸作出决定",
    "gpend decides by its settings. Your word counts more, and it stays.":
        "gpend 按设置决定。您的决定优先，并且一直有效。",
    "Taken": "拍摄时间",
    "Camera": "相机",
    "decided": "按您的决定",
    "Which faces are sharp enough?": "多清晰才算够清晰？",
    "Faces below the threshold are looked at and restored where that makes them better; sharper ones are left alone. "
    "This is how sharp the faces are that gpend has seen.":
        "低于阈值的人脸会被检查，并在能变好时修复；更清晰的保持原样。下图是 gpend 见过的人脸的清晰度。",
    "faces by their sharpness: {count}": "{count} 张人脸的清晰度分布",
    "blurred, left for another reason": "模糊，因其他原因未修复",
    "What that would do": "改动的影响",
    "This is the threshold of today.": "这是目前的阈值。",
    "faces would be looked at that are left as sharp today, in {photos} photos":
        "张目前算清晰的人脸将被检查，分布在 {photos} 张照片中",
    "faces that were restored would be left as they are, in {photos} photos":
        "张已修复的人脸将保持原样，分布在 {photos} 张照片中",
    "In the configuration": "写入配置",
    "Then `systemctl reload gpend`. Photos that were judged before are judged again when you say so: "
    "`gpend retry --judged-with-other-settings`.":
        "然后运行 `systemctl reload gpend`。此前判断过的照片，在您要求时重新判断："
        "`gpend retry --judged-with-other-settings`。",
    "Look at these {count} borderline photos": "看看这 {count} 张临界照片",
    "How strongly?": "修复多强？",
    "Strength": "强度",
    "These faces were restored last. Move the slider to see them with less of the change; it would concern {count} "
    "photos that were restored.":
        "这些是最近修复的人脸。移动滑块，看看改动较少时的样子；这会涉及 {count} 张已修复的照片。",
    "No face was measured yet.": "还没有测量过人脸。",
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
    "too far gone": "模糊得无法挽回",
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
    "The connection to gpend's page is lost. It is tried again by itself.": "与 gpend 页面的连接已断开，正在自动重试。",
    "This form is too old. Go back, load the page again, and repeat what you did.": "页面已过期，请返回刷新后重试。",
}  # fmt: skip

Words = Callable[..., str]
"""Gives the words of a language for the English ones; names in braces are filled in."""

_OF_FACES = {"gone": "too far gone"}  # a photo that is gone was deleted


def verdict(name: str, say: Words) -> str:
    """What was decided about a face, in the words of a language: some verdicts are called as states of photos are."""
    return say(_OF_FACES.get(name, name))


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
