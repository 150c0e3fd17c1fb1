"""The technician's page of the handbook, made from the command tree: it cannot be out of step with the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.commands import COMMANDS
from console.session import PROMPT
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
