"""`kiyome users`: accounts of the web interface: who there is, what they may do, and ways back in."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from gateway.access.accounts import Accounts, Description, Made, OutOfReach
from gateway.access.callers import Unfit
from gateway.access.model import Person, PersonState
from gateway.access.passwords import NoPassword
from gateway.access.rights import Role
from gateway.commands.opening import Open, open_store
from gateway.commands.terminal import (
    acting_person,
    add_common_options,
    add_json_option,
    complain,
    confirmed,
    local_time,
    print_json,
    print_table,
    say,
)
from gateway.store.errors import LastAdministrator, LoginTaken, NoSuchPerson
from gateway.store.people import PeopleQuery, PersonChange
from gateway.web.wording import enum_word, word

NAME = "users"
EXIT_NOTHING_DONE = 1
ALL_DOMAINS = "*"
LISTED = 1_000_000

Act = Callable[[argparse.Namespace, Open], Awaitable[int]]


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `users` with its actions."""
    parser = subparsers.add_parser(NAME, help="accounts: list, add, change, reset-password, … / 利用者")
    actions = parser.add_subparsers(dest="action", required=True)
    _register_list(actions)
    _register_add(actions)
    _register_change(actions)
    _register_one(actions, "reset-password", "a new one-time password / 一回限りのパスワードを発行", _reset_password)
    _register_one(actions, "reset-totp", "set up the second step anew / 二段階認証をリセット", _reset_totp)
    remove = _register_one(actions, "remove", "remove an account / 削除", _remove)
    remove.add_argument("--yes", action="store_true", help="do not ask / 確認しない")
    _register_one(actions, "sessions", "where somebody is signed in / サインイン中の端末", _sessions)
    _register_one(
        actions,
        "end-sessions",
        "sign somebody out everywhere, API tokens too / すべてサインアウト、APIトークンも終了",
        _end_sessions,
    )
    parser.set_defaults(run=run)


def _register_list(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = actions.add_parser("list", help="by login / 一覧")
    add_common_options(listing)
    add_json_option(listing)
    listing.add_argument("text", nargs="?", default="", help="in login, name or address / 検索語")
    listing.set_defaults(act=_list)


def _register_add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = _register_one(actions, "add", "a new account with a one-time password / 追加", _add)
    add.add_argument("--role", required=True, choices=[role.value for role in Role], help="/ 役割")
    _add_describing_options(add)


def _register_change(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    change = _register_one(actions, "change", "another role, scope, state / 変更", _change)
    change.add_argument("--role", choices=[role.value for role in Role], help="/ 役割")
    change.add_argument("--state", choices=[state.value for state in PersonState], help="/ 有効・停止")
    _add_describing_options(change)


def _register_one(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str, act: Act
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_text)
    add_common_options(action)
    add_json_option(action)
    action.add_argument("login", help="/ ログイン名")
    action.set_defaults(act=act)
    return action


def _add_describing_options(action: argparse.ArgumentParser) -> None:
    action.add_argument("--name", help="/ 氏名")
    action.add_argument("--address", help="mail address; users need one / アドレス")
    action.add_argument("--domains", metavar="DOMAIN,…", help="scope; * is every domain (default) / 担当のドメイン")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: no such account, or it is refused."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_store(args.config) as opened:
        try:
            status: int = await args.act(args, opened)
        except Unfit as error:
            complain(args.language, word(error.why, "ja"), word(error.why, "en"))
        except NoPassword:
            complain(args.language, word("reason_no_password", "ja"), word("reason_no_password", "en"))
        except LoginTaken:
            complain(args.language, word("login_taken", "ja"), word("login_taken", "en"))
        except LastAdministrator:
            complain(args.language, word("last_administrator", "ja"), word("last_administrator", "en"))
        except (NoSuchPerson, OutOfReach) as error:
            complain(args.language, f"利用者が見つかりません: {args.login}", f"Not possible: {error}")
        else:
            return status
    return EXIT_NOTHING_DONE


async def _list(args: argparse.Namespace, opened: Open) -> int:
    found = await opened.store.people.list(PeopleQuery(text=args.text, limit=LISTED))
    if args.json:
        print_json(found)
        return 0
    japanese = ("ログイン名", "氏名", "アドレス", "役割", "ドメイン", "状態", "二段階認証", "最後のサインイン")
    english = ("Login", "Name", "Address", "Role", "Domains", "State", "Second step", "Last sign-in")
    headings = japanese if args.language == "ja" else english
    print_table(headings, [_row(person, opened.settings.zone, args.language) for person in found])
    return 0


def _row(person: Person, zone: str, language: str) -> tuple[str, ...]:
    return (
        person.login,
        person.name,
        person.address,
        enum_word(person.role, language),
        ALL_DOMAINS if person.domains is None else ", ".join(sorted(person.domains)),
        enum_word(person.state, language),
        word("second_factor_on" if person.totp_set else "second_factor_off", language),
        local_time(person.signed_in_at, zone),
    )


async def _add(args: argparse.Namespace, opened: Open) -> int:
    wanted = Description(
        login=args.login,
        name=args.name or "",
        address=args.address or "",
        role=Role(args.role),
        domains=_domains(args.domains or ALL_DOMAINS),
    )
    made = await Accounts(opened.store.people).add(wanted, None, actor=acting_person())
    return _handed_over(args, made)


async def _change(args: argparse.Namespace, opened: Open) -> int:
    wanted: dict[str, Any] = {}
    if args.name is not None:
        wanted["name"] = args.name
    if args.address is not None:
        wanted["address"] = args.address
    if args.role is not None:
        wanted["role"] = Role(args.role)
    if args.state is not None:
        wanted["state"] = PersonState(args.state)
    if args.domains is not None:
        wanted["domains"] = _domains(args.domains)
    person = await _existing(args.login, opened)
    accounts = Accounts(opened.store.people)
    changed = await accounts.change(person.id, PersonChange(**wanted), None, actor=acting_person())
    return _done(args, changed, f"{changed.login} を変更しました。", f"{changed.login} was changed.")


async def _reset_password(args: argparse.Namespace, opened: Open) -> int:
    person = await _existing(args.login, opened)
    made = await Accounts(opened.store.people).reset_password(person.id, None, actor=acting_person())
    return _handed_over(args, made)


async def _reset_totp(args: argparse.Namespace, opened: Open) -> int:
    person = await _existing(args.login, opened)
    await Accounts(opened.store.people).reset_totp(person.id, None, actor=acting_person())
    japanese = f"{person.login} は次のサインインで二段階認証を設定し直します。"
    return _done(
        args, {"login": person.login}, japanese, f"{person.login} sets the second step up anew at the next sign-in."
    )


async def _remove(args: argparse.Namespace, opened: Open) -> int:
    person = await _existing(args.login, opened)
    if not args.yes and not confirmed(args.language, f"{person.login} を削除しますか?", f"Remove {person.login}?"):
        return EXIT_NOTHING_DONE
    await Accounts(opened.store.people).remove(person.id, None, actor=acting_person())
    return _done(args, {"login": person.login}, f"{person.login} を削除しました。", f"{person.login} was removed.")


async def _sessions(args: argparse.Namespace, opened: Open) -> int:
    person = await _existing(args.login, opened)
    found = await opened.store.people.sessions.list(person.id)
    if args.json:
        print_json([{k: v for k, v in msgspec.structs.asdict(each).items() if k != "offered"} for each in found])
        return 0
    zone = opened.settings.zone
    japanese, english = ("接続元", "開始", "最後の使用", "ブラウザー"), ("From", "Since", "Last used", "Browser")
    rows = [
        (each.client, local_time(each.created_at, zone), local_time(each.seen_at, zone), each.agent) for each in found
    ]
    print_table(japanese if args.language == "ja" else english, rows)
    return 0


async def _end_sessions(args: argparse.Namespace, opened: Open) -> int:
    person = await _existing(args.login, opened)
    number = await opened.store.people.shut_out(person.id, actor=acting_person())
    return _done(args, {"ended": number}, f"{number} 件を終了しました。", f"{number} ended.")


async def _existing(login: str, opened: Open) -> Person:
    person = await opened.store.people.find(login.casefold())
    if person is None:
        raise NoSuchPerson(login)
    return person


def _handed_over(args: argparse.Namespace, made: Made) -> int:
    if args.json:
        print_json({"person": made.person, "one_time_password": made.password})
        return 0
    say(
        args.language,
        f"{made.person.login} の一回限りのパスワード(3日以内に使い、最初のサインインで変更): {made.password}",
        f"One-time password of {made.person.login} (use it within 3 days; it is changed at sign-in): {made.password}",
    )
    return 0


def _done(args: argparse.Namespace, value: object, ja: str, en: str) -> int:
    if args.json:
        print_json(value)
    else:
        say(args.language, ja, en)
    return 0


def _domains(text: str) -> frozenset[str] | None:
    return None if text.strip() == ALL_DOMAINS else frozenset(part.strip() for part in text.split(",") if part.strip())
