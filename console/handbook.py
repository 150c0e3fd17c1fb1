"""The technician's page of the handbook, made from the command tree: it cannot be out of step with the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.commands import COMMANDS
from console.session import CHANGED_PROMPT, PROMPT
from console.tables import Translate
from console.tree import Argument, Command
from engine.kernel.text import Text

__all__ = ["page"]

HEAD = f"""# The console / 控制台

`strowger console --data DIR` opens the console of the running appliance on the terminal; `strowger console -c "agents"` runs one command
and leaves with status 0, or 1 and a sentence when it fails. Without a terminal the lines of the standard input are run. `--language zh`
or `en` chooses the language. Whoever may use the console is root or the user the appliance runs as.

`strowger console --data DIR` 在终端上打开正在运行的系统的控制台；`strowger console -c "agents"` 执行一条命令后退出，成功时状态为 0，失败时为 1
并给出说明。`--language zh` 或 `en` 选择语言。只有 root 和运行本系统的用户可以使用控制台。

The prompt is `{PROMPT.strip()}`. Words may be shortened as long as they stay unique: `ag 1001 log` is `agents 1001 logout`.

提示符为 `{PROMPT.strip()}`。只要不产生歧义，单词可以缩写：`ag 1001 log` 即 `agents 1001 logout`。

## Settings / 设置

`set`, `unset`, `add` and `delete` make a candidate: other settings that change nothing yet. The prompt becomes `{CHANGED_PROMPT.strip()}`. `compare` shows the
difference to what is in force, `commit REASON` makes it the next version, `discard` forgets it. When somebody else has committed in between,
`commit` is refused: look at `compare`, then commit again. Settings are named `desk.login_code`, `queues[service].wrap_up_s`,
`desk.reasons[1].name`; Tab completes them part by part, `?` after a name shows what it is, what it may be, and what it is now. Secrets are typed
after Enter and are not shown. In a script `-c "set …" -c "commit …"` belong together.

`set`、`unset`、`add` 和 `delete` 修改的是候选设置，尚不生效；提示符变为 `{CHANGED_PROMPT.strip()}`。`compare` 显示与生效设置的差异，`commit 原因` 使其成为新版本，
`discard` 放弃修改。若其间他人已提交，`commit` 会被拒绝：请先用 `compare` 查看，再次提交。设置的写法如 `desk.login_code`、`queues[service].wrap_up_s`、
`desk.reasons[1].name`；按 Tab 逐段补全，在名称后输入 `?` 查看其含义、取值范围和当前值。保密内容按回车后再输入，不会显示。在脚本中，
`-c "set …" -c "commit …"` 属于同一次操作。

## On a serial line and by SSH / 串口和 SSH

Both are off until the settings `console.serial_device` and `console.ssh_port` are given; changes count at once. Log in with an account of the
page: on the serial line as an administrator, by SSH as an administrator or a supervisor. Rights, wrong passwords and locks are as on the page; who was
given a password changes it first, with `passwd`. A login that nobody uses ends. On a serial line (8N1, XON/XOFF) tell the size of the terminal by
`terminal 40 12`; a dropped carrier ends the login. By SSH `ssh admin@box status` runs one command, and the lines of a standard input that is no terminal
are a script; there is no forwarding and no file transfer. `version` shows the fingerprint of the host key. A key logs in without a password once it is in the settings:
`add console.ssh_keys laptop`, `set console.ssh_keys[laptop].user admin`, `set console.ssh_keys[laptop].key ssh-ed25519 AAAA…`, `commit …`.

**Password forgotten:** whoever has the serial cable logs in as `rescue` without a password and can do one thing: `passwd admin` gives a new password. It
raises an alarm, which stands until admin has changed that password; `console.serial_rescue` switches it off. On the machine itself: `strowger console -c passwd`.

设置 `console.serial_device` 和 `console.ssh_port` 之前，两者均不启用；修改立即生效。使用网页账号登录：串口须为管理员，SSH 须为管理员或班长。权限、密码错误和锁定的
规则与网页相同；密码由他人设置的，须先用 `passwd` 修改。闲置的登录会自动结束。串口为 8N1、XON/XOFF，用 `terminal 40 12` 说明终端大小；载波断开即结束登录。SSH 可用
`ssh admin@box status` 执行一条命令，标准输入不是终端时其各行作为脚本执行；不提供端口转发和文件传输。`version` 显示主机密钥的指纹。公钥写入设置后即可免密码登录（命令见上）。

**忘记密码：** 持有串口线者以 `rescue` 登录，无需密码，只能做一件事：用 `passwd admin` 设置新密码。此时产生告警，直到 admin 自行修改密码为止；
可用 `console.serial_rescue` 关闭。在本机上可用 `strowger console -c passwd`。

## Keys / 按键

| Key 按键 | What it does | 作用 |
|---|---|---|
| `?` | shows what can stand at the cursor | 显示光标处可以输入的内容 |
| Tab | completes the word, or lists what it may become | 补全单词，或列出可能的内容 |
| Enter | runs the command | 执行命令 |
| ↑ ↓, Ctrl-P, Ctrl-N | earlier and later lines | 上一条、下一条命令 |
| ← →, Home, End, Ctrl-B, Ctrl-F, Ctrl-A, Ctrl-E | move the cursor | 移动光标 |
| Backspace, Del, Ctrl-W, Ctrl-U, Ctrl-K | delete a character, a word, to the start, to the end | 删除字符、单词、到行首、到行尾 |
| Ctrl-L | writes the line anew | 重新显示当前行 |
| Ctrl-C | clears the line, stops what is being shown or asked | 清除当前行，停止显示或查询 |
| Ctrl-D on an empty line, `quit` | leave | 离开 |
| blank, Enter, q at `-- more` | a page, a line, stop | 下一页、下一行、停止 |

## Commands / 命令

| Command 命令 | What it does | 作用 |
|---|---|---|
"""
MIDDLE = """
## Arguments / 参数

| Argument 参数 | What it is | 含义 |
|---|---|---|
"""


def page(chinese: Translate, commands: Sequence[Command] = COMMANDS) -> str:
    """The whole page as Markdown, in English and, by this gettext function, Chinese."""
    rows = [_row(command.usage(), command.help, chinese) for command in commands]
    arguments = dict.fromkeys(_row(argument.name, argument.help, chinese) for argument in _arguments(commands))
    return HEAD + "".join(rows) + MIDDLE + "".join(arguments)


def _arguments(commands: Sequence[Command]) -> Iterator[Argument]:
    return (part for command in commands for part in command.parts if isinstance(part, Argument))


def _row(name: str, said: Text, chinese: Translate) -> str:
    return f"| `{name}` | {said.in_english()} | {said.render(chinese)} |\n"
