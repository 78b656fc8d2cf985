"""Text that a program runs or opens a connection for, told by how it begins: a script named .txt is a script."""

import re
from typing import Final

# Lines that may stand before the first that counts: each is matched whole or not at all, so that none is tried twice.
_NOTHING: Final = ""
_HASH_LINES: Final = r"(?>[ \t]*+(?:#[^\n]*+)?+\n){0,80}+[ \t]*+"  # Python, Perl, PowerShell
_SLASH_LINES: Final = r"(?>[ \t]*+(?://[^\n]*+)?+\n|[ \t]*+/\*(?!@cc_on)(?:[^*]|\*(?!/)){0,3000}+\*/){0,80}+[ \t]*+"
_QUOTE_LINES: Final = r"(?>[ \t]*+(?:'[^\n]*+|rem\b[^\n]*+)?+\n){0,80}+[ \t]*+"  # Visual Basic
_REM_LINES: Final = r"(?>[ \t]*+@?(?:(?:rem\b|::)[^\n]*+)?+\n){0,80}+[ \t]*+@?+"  # batch files
_INI_LINES: Final = (
    r"(?>[ \t]*+(?:[;#][^\n]*+|\[[^\]\n]{0,200}+\][^\n]*+|[^\n=\[;#][^\n=]{0,200}+=[^\n]*+)?+\n){0,80}?[ \t]*+"
)

# What runs or connects: its type, what may stand before, and how its first statement looks. Words about a script begin
# with other words than a script. Case does not count unless a row says so; line ends are LF.
_SCRIPTS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("text/x-shellscript", _NOTHING, (r"#![ \t]{0,8}(?:/|env\b|[a-z]:\\)",)),
    ("text/x-php", _NOTHING, (r"<\?(?:php\b|=)",)),
    ("text/x-vbscript", _NOTHING, ("<%@", r"<job\b", r"<package\b(?![^>]*xmlns)", r"<scriptlet\b")),
    (
        "text/x-vbscript",
        _QUOTE_LINES,
        (
            r"option explicit\b",
            r"on error resume next\b",
            r"wscript\.\w",
            r"(?:dim|private|public) \w+(?:[ \t]*,[ \t]*\w+)*[ \t]*(?:\n|:|')",
            r"set \w+[ \t]*=[ \t]*(?:\w+\.)?(?:createobject|getobject|wscript)\b",
            r"(?:createobject|execute|executeglobal)[ \t]*\(",
        ),
    ),
    (
        "text/javascript",
        _SLASH_LINES,
        (
            r"(?:var|let|const) [\w$]+[ \t]*[=;,]",
            r"function [\w$]*[ \t]*\([^)\n]*\)\s*\{",
            r"[!(;]+[ \t]*(?:async )?function\b",
            r"\(\([\w$, ]*\)[ \t]*=>",
            r"[\"']use strict[\"']",
            r"/\*@cc_on",
            r"(?:window|document|module|exports|self|globalthis)(?:\.\w+)+[ \t]*[=(]",
            r"(?:eval[ \t]*\(|new activexobject\b|wscript\.\w)",
            r"import (?:[\w$*{][^\n\"']{0,200} from )?[\"']",
        ),
    ),
    (
        "text/x-powershell",
        _HASH_LINES,
        (
            r"@?(?:powershell|pwsh)(?:\.exe)?\"? -",
            r"(?:\[cmdletbinding\b|param[ \t]*\(|\$erroractionpreference\b)",
            r"(?:iex|invoke-\w+|start-process|new-object|add-type|import-module|set-\w+|write-\w+)[ \t]+[-\"'$(\w]",
            r"function (?-i:[A-Z][a-z]+-[A-Z]\w*)[ \t]*[({]",
            r"\$\w+[ \t]*=[ \t]*(?:new-object|\[|@\(|get-\w)",
        ),
    ),
    ("text/x-powershell", _NOTHING, (r"#requires[ \t]+-",)),
    (
        "text/x-msdos-batch",
        _REM_LINES,
        (
            r"echo off\b",
            r"(?:setlocal\b|chcp \d|set /[ap] |cmd(?:\.exe)?[ \t]+/[ck]\b|start \"|cd /d |net use |reg add )",
            r"for (?:/[dfrl] )?%%",
            r"if (?:not )?(?:exist|errorlevel) ",
            r"(?:certutil|bitsadmin|mshta|[wc]script|rundll32|regsvr32|msiexec|schtasks|curl)(?:\.exe)?[ \t]+[-/\"%]",
            r"(?:del|rmdir|rd|copy|xcopy|taskkill) /[a-z]",
        ),
    ),
    ("text/x-msdos-batch", _INI_LINES, (r"\[autorun\]", r"\[version\]\s+signature[ \t]*=")),
    (
        "text/x-python",
        _HASH_LINES + r"(?:\"\"\"[^\"]{0,2000}\"\"\"\s*)?",
        (
            r"(?-i:import [a-z_][\w.]*(?: as \w+)?(?:, [\w.]+)*[ \t]*\n)",
            r"(?-i:from [a-z_.][\w.]* import [\w*(])",
        ),
    ),
    ("text/x-perl", _HASH_LINES, (r"(?-i:use (?:strict|warnings|utf8|v?5[\d.]*);|package [A-Z]\w*(?:::\w+)*;)",)),
    ("application/x-mswinurl", _INI_LINES, (r"\[InternetShortcut(?:\.[AW])?\]",)),
    ("text/x-ms-scf", _INI_LINES, (r"\[(?:Shell|\.ShellClassInfo|LocalizedFileNames|Theme|VisualStyles)\][ \t]*\n",)),
    ("application/x-desktop", _INI_LINES, (r"\[Desktop Entry\]",)),
    ("text/x-ms-regedit", _NOTHING, (r"Windows Registry Editor Version \d", r"REGEDIT4\b")),
    # Excel believes "ID;" alone; a table may begin with that, so its second line must be a record, too.
    (
        "text/x-sylk",
        _NOTHING,
        (
            r"ID;P[A-Z;]",
            r"ID;[EN](?:;|\n)",
            r"ID;[^\n]{0,80}\n(?:[BC];[XY]\d|F;[CPRWXY]\d|NN;N|O;[A-Z]\d*[;\n])",
        ),
    ),
    ("text/x-ms-iqy", _NOTHING, (r"(?:WEB|XLODBC)\n1\n", r"QueryType=\w+\n")),
    ("text/x-ms-rdp", _NOTHING, (r"[a-z][a-z0-9 ]{2,40}:[isb]:[^\n]*(?:\n|\Z)",)),
    ("application/hta", _NOTHING, (r"[^\0]{0,4000}<hta:application\b",)),
    # What testers of virus scanners send: a program written in letters.
    ("text/x-eicar-test-file", _NOTHING, (r"X5O!P%@AP\[4\\PZX54",)),
)
_BEGINNINGS: Final = tuple(
    (name, re.compile(f"{before}(?:{'|'.join(statements)})", re.IGNORECASE)) for name, before, statements in _SCRIPTS
)

# Documents in XML that run, connect, or change settings when opened: the root, what else the head holds, the type.
_ROOTS: Final = (
    ("job", "", "text/x-vbscript"),
    ("package", "<job", "text/x-vbscript"),
    ("scriptlet", "", "text/x-vbscript"),
    ("component", "<registration", "text/x-vbscript"),
    ("component", "<script", "text/x-vbscript"),
    ("jnlp", "", "application/x-java-jnlp-file"),
    ("librarydescription", "", "application/windows-library+xml"),
    ("searchconnectordescription", "", "application/windows-search-connector+xml"),
    ("persistedquery", "", "application/windows-search-connector+xml"),
    ("pcsettings", "", "application/x-ms-settingcontent"),
    ("mmc_consolefile", "", "application/x-ms-msc"),
    ("assembly", "<deployment", "application/x-ms-application"),
    ("assembly", ":deployment", "application/x-ms-application"),
    ("plist", "<key>url</key>", "application/x-webloc"),
)

SCRIPT_TYPES: Final = frozenset(name for name, *_ in _SCRIPTS) | frozenset(name for *_, name in _ROOTS)


def kind_of_script(head: str, root: str) -> str:
    """The type of a script or shortcut by its first characters (line ends LF) and its root element; "" for others."""
    if root:
        lowered = head.lower()
        for name, needed, media_type in _ROOTS:
            if root == name and needed in lowered:
                return media_type
    return next((name for name, pattern in _BEGINNINGS if pattern.match(head)), "")
