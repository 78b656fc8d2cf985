"""gateway.toml and rules.toml: what is right loads; what is wrong is one clear line that names file and key."""

from pathlib import Path

import msgspec
import pytest

from gateway.settings import (
    Secret,
    Settings,
    SettingsError,
    find_settings,
    load_configuration,
    load_rules,
    load_settings,
    secret_value,
)
from sanitizers.rules import Rules

GOOD = """\
hostname = "kiyome.example.jp"
accepted_domains = ["city.example.jp"]

[[listeners]]
name = "internet"
segment = "internet"
direction = "inbound"
host = "127.0.0.1"
port = 2525

[[routes]]
domain = "city.example.jp"
host = "mail.example.jp"
"""
RULES = "[profiles.standard]\n"
OIDC = """
[web]
public_url = "https://kiyome.example.jp"
[web.oidc]
issuer = "https://login.example.jp"
client_id = "kiyome"
client_secret = { file = "rules.toml" }
roles = { "admins" = "administrator" }
"""


@pytest.fixture
def write(tmp_path: Path):
    def _write(text: str, rules: str = RULES) -> Path:
        (tmp_path / "rules.toml").write_text(rules)
        path = tmp_path / "gateway.toml"
        path.write_text(text)
        return path

    return _write


def problems_of(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_configuration(path)
    for problem in caught.value.problems:
        assert "\n" not in problem
        assert str(path.parent) in problem
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_the_shipped_files_load(project: Path) -> None:
    configuration = load_configuration(project / "config" / "gateway.toml")
    assert configuration.settings.hostname
    assert "standard" in configuration.rules.profiles


def defaults(kind: type[msgspec.Struct], given: msgspec.Struct, where: str = "") -> list[str]:
    """Keys whose value in the shipped file is not the default of the program."""
    different = []
    for field in msgspec.structs.fields(kind):
        value = getattr(given, field.name)
        if isinstance(value, msgspec.Struct):
            different += defaults(type(value), value, f"{where}{field.name}.")
        elif not field.required and value != field.default:
            different.append(f"{where}{field.name}")
    return different


def test_the_shipped_files_show_the_defaults(project: Path) -> None:
    """So that a comment "the default is what stands here" is true."""
    configuration = load_configuration(project / "config" / "gateway.toml")
    assert defaults(Settings, configuration.settings) == ["contact", "rules"]
    budget, retention = configuration.rules.budget, configuration.rules.retention
    assert (budget, retention) == (Rules(profiles={}).budget, Rules(profiles={}).retention)
    standard = configuration.rules.profiles["standard"]
    assert standard == type(standard)()


def test_relative_paths_are_relative_to_the_file(write) -> None:
    path = write(GOOD + '[store]\nurl = "sqlite:///data/kiyome.db"\nblobs = "data/blobs"\n')
    settings = load_settings(path)
    assert settings.store.blobs == str(path.parent / "data" / "blobs")
    assert settings.store.url == f"sqlite:///{path.parent}/data/kiyome.db"
    assert settings.rules == str(path.parent / "rules.toml")


def test_a_password_in_the_url_survives_resolving(write) -> None:
    path = write(GOOD + '[store]\nurl = "postgresql+psycopg://kiyome:s3cret@db/kiyome"\n')
    assert load_settings(path).store.url == "postgresql+psycopg://kiyome:s3cret@db/kiyome"


FORM = [
    ('hostnme = "x"\n' + GOOD, "gateway.toml: hostnme: unknown key; did you mean hostname?"),
    (
        GOOD.replace("port = 2525", 'port = "2525"'),
        "gateway.toml: listeners[0].port: expected an integer, got a string",
    ),
    (
        GOOD.replace("port = 2525", "port = true"),
        "gateway.toml: listeners[0].port: expected an integer, got true or false",
    ),
    (GOOD.replace('hostname = "kiyome.example.jp"\n', ""), "gateway.toml: hostname: is missing"),
    (
        GOOD.replace('"inbound"', '"inwards"'),
        "gateway.toml: listeners[0].direction: 'inwards' is not one of inbound, outbound",
    ),
    (
        GOOD.replace('["city.example.jp"]', '["city.example.jp", 7]'),
        "gateway.toml: accepted_domains[1]: expected a string, got an integer",
    ),
    (GOOD + "[limits]\nrecipient = 1\n", "gateway.toml: limits.recipient: unknown key; did you mean recipients?"),
    (GOOD + '[store]\npassword = { fil = "x" }\n', "gateway.toml: store.password.fil: unknown key; did you mean file?"),
    ("limits = 3\n" + GOOD, "gateway.toml: limits: expected a table, got an integer"),
    (
        GOOD.replace("[[routes]]", "[routes]"),
        "gateway.toml: routes: expected a list of tables ([[routes]]), got a table",
    ),
]


@pytest.mark.parametrize(("text", "line"), FORM, ids=[line for _, line in FORM])
def test_a_wrong_form_is_told_in_words(write, text: str, line: str) -> None:
    assert line in problems_of(write(text))


def test_all_wrong_forms_are_told_at_once(write) -> None:
    text = GOOD.replace("port = 2525", 'port = "2525"').replace("segment", "segmnet") + "[limits]\nx = 1\n"
    assert len(problems_of(write(text))) >= 4


def test_toml_that_is_none_names_the_line(write) -> None:
    (problem,) = problems_of(write("hostname = \n"))
    assert problem.startswith("gateway.toml: is not valid TOML: ")
    assert "line 1" in problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml: cannot be read: No such file"):
        load_settings(tmp_path / "nothing.toml")


LISTENER = """
[[listeners]]
name = "second"
segment = "lgwan"
direction = "outbound"
host = "127.0.0.1"
port = 2600
"""
CROSS = [
    (GOOD.replace("kiyome.example.jp", "kiyome_example"), 'hostname: "kiyome_example" is not a host name'),
    ('zone = "Asia/Tokio"\n' + GOOD, 'zone: "Asia/Tokio" is not a time zone; write it like "Asia/Tokyo"'),
    ('zone = "../etc/passwd"\n' + GOOD, 'zone: "../etc/passwd" is not a time zone; write it like "Asia/Tokyo"'),
    ('language = "fr"\n' + GOOD, 'language: "fr" is not one of ja, en'),
    ('contact = "a\\nb"\n' + GOOD, "contact: must be one line without control characters"),
    (
        GOOD.replace('["city.example.jp"]', "[]"),
        "accepted_domains: is empty, so the inbound listeners would refuse every mail",
    ),
    (
        GOOD.replace('["city.example.jp"]', '["town.example.jp"]'),
        'accepted_domains[0]: no inbound route leads to "town.example.jp"; add one to routes for it or for "*"',
    ),
    (GOOD.replace('["city.example.jp"]', '["a b"]'), 'accepted_domains[0]: "a b" is not a domain'),
    (
        GOOD.replace('["city.example.jp"]', '["市.example.jp"]'),
        'accepted_domains[0]: write "市.example.jp" in its ASCII form: xn--7st.example.jp',
    ),
    (
        GOOD.replace('["city.example.jp"]', '["city.example.jp", "City.example.jp"]'),
        'accepted_domains: "city.example.jp" is given 2 times',
    ),
    (GOOD.replace("port = 2525", "port = 70000"), "listeners[0].port: 70000 is not a port"),
    (
        GOOD.replace('"127.0.0.1"', '"not a host"'),
        'listeners[0].host: "not a host" is neither an address nor a host name',
    ),
    (
        GOOD.replace("port = 2525", 'port = 2525\nallowed_networks = ["10.0.0.1/8"]'),
        "listeners[0].allowed_networks[0]: 10.0.0.1/8 has host bits set",
    ),
    (
        GOOD.replace("port = 2525", 'port = 2525\ntls = "required"'),
        'listeners[0].tls: "required" needs tls_certificate and tls_key',
    ),
    (
        GOOD.replace("port = 2525", 'port = 2525\ntls_key = "gateway.toml"'),
        "listeners[0]: tls_certificate and tls_key belong together; one is missing",
    ),
    (
        GOOD.replace("port = 2525", 'port = 2525\ntls_key = "gateway.toml"\ntls_certificate = "absent.pem"'),
        "listeners[0].tls_certificate: absent.pem cannot be read: No such file or directory",
    ),
    (
        GOOD + LISTENER,
        "listeners[1].allowed_networks: an outbound listener must name its networks, or it would be an open relay",
    ),
    (
        GOOD + LISTENER + 'allowed_networks = ["192.0.2.0/24"]\n',
        'listeners[1]: no outbound route exists; add one to routes with direction = "outbound"',
    ),
    (GOOD + LISTENER.replace("second", "internet"), 'listeners: name: "internet" is given 2 times'),
    (GOOD + LISTENER.replace("2600", "2525"), 'listeners: host and port: "127.0.0.1:2525" is given 2 times'),
    (GOOD.replace('host = "mail.example.jp"', 'host = ""'), 'routes[0].host: "" is neither an address nor a host name'),
    (GOOD + "port = 0\n", "routes[0].port: 0 is not a port"),
    (
        GOOD.replace('"mail.example.jp"', '"127.0.0.1"') + "port = 2525\n",
        'routes[0]: 127.0.0.1:2525 is our own listener "internet": mail would loop',
    ),
    (
        GOOD.replace('"127.0.0.1"', '"0.0.0.0"').replace('"mail.example.jp"', '"kiyome.example.jp"') + "port = 2525\n",
        'routes[0]: kiyome.example.jp:2525 is our own listener "internet": mail would loop',
    ),
    (
        GOOD + '[[routes]]\ndomain = "CITY.example.jp"\nhost = "b.example.jp"\n',
        'routes: domain: "inbound city.example.jp" is given 2 times',
    ),
    (GOOD + 'ca_file = "gateway.toml"\n', 'routes[0].ca_file: has a meaning only with tls = "verified"'),
    (GOOD + "[limits]\nrecipients = 0\n", "limits.recipients: must be greater than 0, not 0"),
    (
        GOOD + "[limits]\nheader_bytes = 99_999_999\n",
        "limits.header_bytes: must not exceed limits.message_bytes (52428800)",
    ),
    (GOOD + "[limits]\nline_octets = 100\n", "limits.line_octets: must be at least 998 (RFC 5321 section 4.5.3.1.6)"),
    (GOOD + "[limits]\nconnections = 10\n", "limits.connections_per_network: must not exceed limits.connections (10)"),
    (
        GOOD + "[delivery]\nretry_max_seconds = 10\n",
        "delivery.retry_max_seconds: must be at least retry_first_seconds (300)",
    ),
    (GOOD + "[children]\ncount = -1\n", "children.count: must be 0 or more, not -1"),
    (GOOD + '[store]\nurl = "mysql://db/x"\n', 'store.url: "mysql" is not one of sqlite, postgresql+psycopg'),
    (GOOD + '[store]\nurl = "sqlite://"\n', "store.url: names no database; a store in memory would lose mail"),
    (GOOD + '[store]\nurl = "nonsense"\n', "store.url: is not a database URL"),
    (
        GOOD + '[sender_checks]\nnameservers = ["dns"]\n',
        'sender_checks.nameservers[0]: "dns" is not an address such as 192.0.2.53 or 192.0.2.53:5353',
    ),
    (GOOD + "[web]\nport = 2525\n", 'web.port: is taken by listener "internet"'),
    (GOOD + '[notices]\ndigest_at = "8"\n', 'notices.digest_at: "8" is not a time such as "08:00"'),
    (GOOD + '[notices]\ndigest_at = "24:00"\n', 'notices.digest_at: "24:00" is not a time such as "08:00"'),
    (GOOD + "[notices]\nlink_days = 0\n", "notices.link_days: must be greater than 0, not 0"),
    (
        GOOD + '[notices]\nadministrators = ["root@example.com"]\n',
        'notices.administrators[0]: "root@example.com" is not an address of one of accepted_domains',
    ),
    (
        GOOD + '[notices]\nadministrators = ["a b@city.example.jp"]\n',
        'notices.administrators[0]: "a b@city.example.jp" is not an address of one of accepted_domains',
    ),
    (
        GOOD + OIDC.replace("rules.toml", "absent"),
        "web.oidc.client_secret: absent cannot be read: No such file or directory",
    ),
    (GOOD + OIDC + "rolles = {}\n", "web.oidc.rolles: unknown key; did you mean roles?"),
    (
        GOOD + '[report_key]\nenv = "KIYOME_UNSET_FOR_TESTS"\n',
        "report_key: environment variable KIYOME_UNSET_FOR_TESTS is not set",
    ),
    (GOOD + '[report_key]\nfile = "absent.key"\n', "report_key: absent.key cannot be read: No such file or directory"),
    (GOOD + '[report_key]\nfile = "rules.toml"\nenv = "HOME"\n', "report_key: give exactly one of file and env"),
]


@pytest.mark.parametrize(("text", "line"), CROSS, ids=[line for _, line in CROSS])
def test_what_does_not_fit_together_is_told(write, text: str, line: str) -> None:
    assert f"gateway.toml: {line}" in problems_of(write(text))


def test_a_listener_without_starttls_may_be_on_any_free_port(write) -> None:
    assert load_settings(write(GOOD.replace("port = 2525", "port = 0"))).listeners[0].port == 0


def test_the_secret_of_the_provider_is_beside_the_file_that_names_it(write) -> None:
    path = write(GOOD + OIDC)
    oidc = load_settings(path).web.oidc
    assert oidc is not None
    assert secret_value(oidc.client_secret, "web.oidc.client_secret") == RULES.strip().encode()
    assert oidc.client_secret.file == str(path.parent / "rules.toml")


def test_a_star_route_leads_everywhere(write) -> None:
    load_settings(write(GOOD.replace('domain = "city.example.jp"', 'domain = "*"')))


def test_no_problem_quotes_a_password(write) -> None:
    text = GOOD + '[store]\nurl = "postgresql+psycop://kiyome:s3cret@db/kiyome"\n'
    assert not any("s3cret" in problem for problem in problems_of(write(text)))


RULE_PROBLEMS = [
    ("[profiles.strict]\n", 'profiles: "standard" is missing'),
    ('[profiles.standard]\nlinks = "gone"\n', "profiles.standard.links: 'gone' is not one of kept, defanged, removed"),
    ('[profiles.standard]\nhold_on = ["virus"]\n', "profiles.standard.hold_on[0]: "),
    (RULES + '[[assignments]]\nprofile = "x"\n', 'assignments[0].profile: "x" is not one of the profiles (standard)'),
    (
        RULES + '[[assignments]]\nprofile = "standard"\nrecipients = ["a@b@*"]\n',
        'assignments[0].recipients[0]: "a@b@*" is not "*", "*@domain" or "user@domain"',
    ),
    (
        RULES + '[[assignments]]\nprofile = "standard"\ndirection = "in"\n',
        'assignments[0].direction: "in" is not one of inbound, outbound, any',
    ),
    (RULES + "[budget]\ndepth = 0\n", "budget.depth: must be greater than 0, not 0"),
    (RULES + "pdf_resolution = 35\n", "profiles.standard.pdf_resolution: must be 36 to 600, not 35"),
    (RULES + "pdf_resolution = 601\n", "profiles.standard.pdf_resolution: must be 36 to 600, not 601"),
    (RULES + "[retention]\nheld_days = -1\n", "retention.held_days: must be greater than 0, not -1"),
    (
        RULES + "[budget]\nbytes_in = 1_000\n",
        "budget.bytes_in: must be at least limits.message_bytes of gateway.toml (52428800)",
    ),
]


@pytest.mark.parametrize(("rules", "line"), RULE_PROBLEMS, ids=[line for _, line in RULE_PROBLEMS])
def test_rules_that_cannot_hold_are_told(write, rules: str, line: str) -> None:
    assert any(problem.startswith(f"rules.toml: {line}") for problem in problems_of(write(GOOD, rules)))


def test_problems_of_both_files_are_told_together(write) -> None:
    problems = problems_of(write(GOOD + "x = 1\n", "y = 1\n"))
    assert {problem.partition(":")[0] for problem in problems} == {"gateway.toml", "rules.toml"}


def test_rules_load_alone(write) -> None:
    assert load_rules(write(GOOD).parent / "rules.toml").profiles.keys() == {"standard"}


def test_secrets_come_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(b"from a file\n")
    monkeypatch.setenv("KIYOME_TEST_SECRET", "from the environment")
    assert secret_value(Secret(file=str(tmp_path / "key")), "key") == b"from a file"
    assert secret_value(Secret(env="KIYOME_TEST_SECRET"), "key") == b"from the environment"
    (tmp_path / "key").write_bytes(b"\n")
    with pytest.raises(SettingsError, match=r"key: .*key is empty"):
        secret_value(Secret(file=str(tmp_path / "key")), "key")


def test_the_settings_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KIYOME_CONFIG", raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gateway.toml").touch()
    assert find_settings(None) == Path("config/gateway.toml")
    monkeypatch.setenv("KIYOME_CONFIG", "from-environment.toml")
    assert find_settings(None) == Path("from-environment.toml")
    assert find_settings("given.toml") == Path("given.toml")
