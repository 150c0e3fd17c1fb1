"""Speech without end, for proofs: sentences of chance words, spoken by espeak-ng with many voices. The same number gives the same sound."""

from __future__ import annotations

import random
import subprocess

import numpy as np
import numpy.typing as npt

__all__ = ["LANGUAGES", "speak"]

LANGUAGES = ("cmn", "en")
SENTENCES = 60
"""A little more than five minutes."""
WORDS_LEAST, WORDS_MOST = 5, 14
ACCENTS = {"cmn": ("cmn",), "en": ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-029")}
PERSONS = (
    *("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+croak", "+klatt", "+klatt2"),
    *("+klatt3", "+klatt4", "+steph", "+belinda", "+Annie", "+iven", "+whisperf", "+max"),
)
"""espeak-ng's voice variants."""
GAP = {"cmn": "", "en": " "}
STOP = {"cmn": "。", "en": ". "}
WORDS = {
    "cmn": (
        "您好 欢迎 致电 客户 服务 中心 请 稍候 电话 正在 转接 人工 坐席 按键 号码 查询 账单 余额 订单 物流 快递 今天 明天 昨天 上午 下午 "
        "晚上 我们 你们 他们 什么 时候 可以 不能 没有 问题 解决 帮助 谢谢 再见 对不起 北京 上海 广州 深圳 成都 西安 武汉 天气 下雨 出太阳 "
        "公司 老板 经理 同事 朋友 孩子 妈妈 爸爸 爷爷 奶奶 学校 医院 银行 超市 商店 火车 飞机 地铁 公共汽车 出租车 吃饭 喝水 睡觉 工作 学习 "
        "休息 运动 音乐 电影 电视 手机 电脑 网络 密码 登录 注册 退出 修改 删除 增加 确认 取消 一 二 三 四 五 六 七 八 九 十 百 千 万 零 第一 "
        "第二 星期一 星期天 月份 年度 报告 会议 合同 价格 便宜 昂贵 质量 数量 退货 换货 保修 发票 地址 姓名 性别 年龄 身份证 护照 签证 旅游 "
        "酒店 预订 房间 早餐 经济 政治 文化 历史 科学 技术 发展 改革 开放 社会 国家 人民 世界 和平 环境 保护 健康 安全 教育 生活 水平 提高 "
        "非常 特别 比较 大概 可能 一定 必须 应该 愿意 喜欢 讨厌 高兴 难过 生气 害怕 担心 希望 相信 知道 明白 记得 忘记 开始 结束 继续 停止 "
        "因为 所以 虽然 但是 如果 那么 而且 或者 红色 蓝色 绿色 黑色 白色 桌子 椅子 窗户 大门 钥匙 衣服 鞋子 帽子 雨伞 眼镜"
    ),
    "en": (
        "hello welcome to our customer service centre please hold the line while we connect you an agent will be with you shortly your call is "
        "important number account balance order delivery parcel today tomorrow yesterday morning afternoon evening we you they what when can "
        "cannot have problem solve help thank goodbye sorry weather rain sunshine company manager colleague friend child mother father school "
        "hospital bank supermarket shop train aeroplane underground bus taxi eat drink sleep work study rest exercise music film television "
        "telephone computer network password log in register quit change delete add confirm cancel one two three four five six seven eight "
        "nine ten hundred thousand million zero first second monday sunday month year report meeting contract price cheap expensive quality "
        "quantity return exchange warranty invoice address name age passport visa travel hotel booking room breakfast economy politics culture "
        "history science technology development society country people world peace environment protection health safety education life level "
        "improve very quite perhaps possibly certainly must should willing like dislike happy sad angry afraid worried hope believe know "
        "understand remember forget begin end continue stop because therefore although but if then and or red blue green black white table "
        "chair window door key clothes shoes hat umbrella glasses through thought measure vision pleasure judge church yellow orange murmur "
        "lullaby oily iodine wool cruel jewel"
    ),
}


def speak(language: str, number: int, sentences: int = SENTENCES) -> npt.NDArray[np.int16]:
    """Piece ``number`` of this language (``cmn``, ``en``): 8000 samples a second, loudest at −3 dB. Each piece has another voice than its neighbours.

    Raises CalledProcessError or FileNotFoundError when espeak-ng or sox fails or is missing.
    """
    chance = random.Random(f"{language} {number}")
    voice = chance.choice(ACCENTS[language]) + PERSONS[number % len(PERSONS)]
    pace, pitch = str(chance.randint(130, 210)), str(chance.randint(20, 80))
    said = "".join(_sentence(language, chance) for _ in range(sentences))
    spoken = _program(said.encode(), "espeak-ng", "-v", voice, "-s", pace, "-p", pitch, "--stdin", "--stdout")
    narrow = ("-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "raw", "-")
    return np.frombuffer(_program(spoken, "sox", "-D", "-t", "wav", "--ignore-length", "-", *narrow, "norm", "-3"), "<i2")


def _sentence(language: str, chance: random.Random) -> str:
    vocabulary = WORDS[language].split()
    words = (chance.choice(vocabulary) for _ in range(chance.randint(WORDS_LEAST, WORDS_MOST)))
    return GAP[language].join(words) + STOP[language]


def _program(given: bytes, *command: str) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=300).stdout
