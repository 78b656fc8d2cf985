"""Words of the page about the installation itself."""

WORDS: dict[str, tuple[str, str]] = {
    "check_status.ok": ("正常", "OK"),
    "check_status.warning": ("注意", "warning"),
    "check_status.bad": ("異常", "NG"),
    "check_what": ("項目", "Check"),
    "check_how": ("結果", "Result"),
    "checks": ("診断", "Checks"),
    "checks_about": (
        "kiyome doctor と同じ項目です。子プロセスの壁は、起動のたびに本物の子プロセスの中から確かめています。",
        "The same as kiyome doctor. The walls of the children are proven in real ones at every start.",
    ),
    "health": ("いまの動き", "Now"),
    "health_children": ("囲いの中の子プロセス", "Confined child processes"),
    "health_delivering": ("配送中", "Delivering"),
    "health_free": ("空き容量", "Free space"),
    "health_listeners": ("受け口", "Listeners"),
    "health_processing": ("無害化中", "Sanitising"),
    "health_roles": ("役割", "Roles"),
    "health_hops_down": ("応答のない転送先", "Next hops down"),
    "licence": ("ライセンス", "Licence"),
    "licences": ("使っているソフトウェアとライセンス", "Software in use, and its licences"),
    "package": ("名前", "Name"),
    "section_system": ("システム", "System"),
    "system": ("システム", "System"),
    "version": ("版", "Version"),
    "versions": ("版", "Versions"),
}
