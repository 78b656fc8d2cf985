"""The door: what it asks for and in which order, what it never tells, and how it slows guessing down."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher

from gateway.access.accounts import Accounts, Description, Made, OutOfReach
from gateway.access.attempts import FREE_ACCOUNT, FREE_ADDRESS, FREE_HERE, LONGEST_SECONDS, Closed
from gateway.access.callers import Unfit, token_hash
from gateway.access.model import PersonState, SecondFactor, Source
from gateway.access.passwords import Passwords, weakness
from gateway.access.rights import NOT_FOR_TOKENS, RIGHTS, Right, Role, needs_second_factor
from gateway.access.signin import Client, Doorkeeper, Progress, SignedOut, Step, Weak, Wrong
from gateway.access.totp import Seal, SealBroken, matching_step, new_recovery_codes, new_secret, offer, recovery_hash
from gateway.settings import StoreSettings, WebSettings
from gateway.settings.keys import kept_key
from gateway.store.errors import NameTaken, NoSuchPerson
from gateway.store.items import Store
from gateway.store.people import NewPassword, PersonChange

PASSWORD = "correct horse battery staple"
HERE = Client("192.0.2.1", "browser")
CITY, TOWN = frozenset({"city.example.jp"}), frozenset({"town.example.jp"})
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """Time goes on when the test says so; one-time passwords end by the real one, so it begins there."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> None:
        self.now += timedelta(**by)


class House:
    """A door, the people behind it, and a clock."""

    def __init__(self, store: Store, second_factor: SecondFactor = SecondFactor.REQUIRED) -> None:
        self.clock = Clock()
        self.passwords = Passwords(CHEAP)
        self.people = store.people
        self.accounts = Accounts(store.people, self.passwords)
        self.door = Doorkeeper(
            store.people,
            WebSettings(),
            Seal(b"k" * 32),
            second_factor=second_factor,
            passwords=self.passwords,
            clock=self.clock,
        )
        self.store = store

    async def add(self, role: Role, login: str = "hanako") -> Made:
        wanted = Description(login=login, role=role, address=f"{login}@city.example.jp")
        return await self.accounts.add(wanted, None, actor="test")

    async def inside(self, role: Role, login: str = "hanako") -> tuple[str, str]:
        """Through every step the first time: the session's token and the TOTP secret ("" without)."""
        made = await self.add(role, login)
        progress = await self.door.sign_in(login, made.password, HERE)
        progress = await self.door.choose_password(progress.token, PASSWORD)
        if progress.step is Step.DONE:
            return progress.token, ""
        secret = (await self.door.offer_totp(progress.token)).secret
        progress, _ = await self.door.confirm_totp(progress.token, self.code(secret))
        self.clock.tick(seconds=30)
        return progress.token, secret

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).at(self.clock.now)

    async def actions(self) -> list[str]:
        return [row.action async for row in self.store.audit_rows()]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(StoreSettings(url=f"sqlite:///{tmp_path}/kiyome.db", blobs=f"{tmp_path}/blobs"))
    yield opened
    await opened.close()


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("kiyome.db*"))


async def refused(house: House, login: str, password: str, client: Client = HERE) -> type[Exception]:
    with pytest.raises((Wrong, Closed)) as raised:
        await house.door.sign_in(login, password, client)
    return raised.type


@pytest.mark.parametrize("role", [role for role in Role if needs_second_factor(role)])
async def test_who_may_release_comes_in_by_three_steps(house: House, role: Role) -> None:
    made = await house.add(role)
    first = await house.door.sign_in(" HANAKO ", made.password, HERE)
    assert first.step is Step.CHANGE_PASSWORD
    second = await house.door.choose_password(first.token, PASSWORD)
    assert second.step is Step.SET_TOTP
    secret = (await house.door.offer_totp(second.token)).secret
    assert (await house.door.offer_totp(second.token)).secret == secret
    third, codes = await house.door.confirm_totp(second.token, house.code(secret))
    assert (third.step, len(codes)) == (Step.DONE, 10)
    caller = await house.door.session(third.token)
    assert caller is not None
    assert (caller.actor, caller.rights, house.door.is_strong(caller)) == ("user:hanako", RIGHTS[role], True)
    tokens = [first.token, second.token, third.token]
    assert len(set(tokens)) == 3
    assert [await house.door.session(token) for token in tokens[:2]] == [None, None]


@pytest.mark.parametrize("role", [role for role in Role if not needs_second_factor(role)])
async def test_who_may_release_nothing_needs_a_password_alone(house: House, role: Role) -> None:
    token, _ = await house.inside(role)
    assert await house.door.session(token) is not None


def test_who_needs_a_second_factor() -> None:
    assert {role for role in Role if needs_second_factor(role)} == {
        Role.ADMINISTRATOR,
        Role.OPERATOR,
        Role.APPROVER,
    }


async def test_no_step_can_be_left_out(house: House) -> None:
    made = await house.add(Role.OPERATOR)
    progress = await house.door.sign_in("hanako", made.password, HERE)
    door = house.door
    for attempt in (
        door.give_code(progress.token, "000000"),
        door.offer_totp(progress.token),
        door.confirm_totp(progress.token, "000000"),
        door.put_off_totp(progress.token),
        door.strengthen(progress.token, made.password),
        door.change_password(progress.token, made.password, PASSWORD),
        door.new_recovery_codes(progress.token),
        door.choose_password("", PASSWORD),
    ):
        with pytest.raises(SignedOut):
            await attempt
    assert await door.session(progress.token) is None
    assert await door.step(progress.token) is Step.CHANGE_PASSWORD


async def test_only_a_trial_run_puts_the_second_factor_off(store: Store) -> None:
    for second_factor, login in ((SecondFactor.REQUIRED, "a-person"), (SecondFactor.OFFERED, "b-person")):
        house = House(store, second_factor)
        made = await house.add(Role.OPERATOR, login)
        progress = await house.door.sign_in(login, made.password, HERE)
        progress = await house.door.choose_password(progress.token, PASSWORD)
        assert progress.step is Step.SET_TOTP
        if second_factor is SecondFactor.REQUIRED:
            with pytest.raises(Wrong):
                await house.door.put_off_totp(progress.token)
        else:
            assert (await house.door.put_off_totp(progress.token)).step is Step.DONE


async def test_a_code_is_good_once(house: House) -> None:
    _, secret = await house.inside(Role.OPERATOR)
    code = house.code(secret)
    first = await house.door.sign_in("hanako", PASSWORD, HERE)
    assert first.step is Step.TOTP
    assert (await house.door.give_code(first.token, code)).step is Step.DONE
    second = await house.door.sign_in("hanako", PASSWORD, HERE)
    with pytest.raises(Wrong):
        await house.door.give_code(second.token, code)
    house.clock.tick(seconds=30)
    assert (await house.door.give_code(second.token, house.code(secret))).step is Step.DONE


async def test_the_code_that_set_it_up_is_used(house: House) -> None:
    made = await house.add(Role.OPERATOR)
    progress = await house.door.sign_in("hanako", made.password, HERE)
    progress = await house.door.choose_password(progress.token, PASSWORD)
    secret = (await house.door.offer_totp(progress.token)).secret
    code = house.code(secret)
    await house.door.confirm_totp(progress.token, code)
    again = await house.door.sign_in("hanako", PASSWORD, HERE)
    with pytest.raises(Wrong):
        await house.door.give_code(again.token, code)


async def test_a_recovery_code_stands_in_once_however_it_is_typed(house: House) -> None:
    token, _ = await house.inside(Role.OPERATOR)
    codes = await house.door.new_recovery_codes(token)
    for attempt, outcome in ((codes[0].lower().replace("-", " "), True), (codes[0], False), (codes[1], True)):
        progress = await house.door.sign_in("hanako", PASSWORD, HERE)
        if outcome:
            assert (await house.door.give_code(progress.token, attempt)).step is Step.DONE
        else:
            with pytest.raises(Wrong):
                await house.door.give_code(progress.token, attempt)
    person = await house.people.find("hanako")
    assert person is not None
    assert person.recovery_codes == 8


async def test_codes_cannot_be_guessed(house: House) -> None:
    await house.inside(Role.OPERATOR)
    progress = await house.door.sign_in("hanako", PASSWORD, HERE)
    for _ in range(FREE_HERE):
        with pytest.raises(Wrong):
            await house.door.give_code(progress.token, "000000")
    with pytest.raises(Closed):
        await house.door.give_code(progress.token, "000000")
    anew = await house.door.sign_in("hanako", PASSWORD, Client("198.51.100.1"))
    with pytest.raises(Closed):  # another sign-in, from elsewhere, gives no new tries
        await house.door.give_code(anew.token, "000000")


async def test_the_door_tells_nobody_who_is_there(house: House) -> None:
    await house.inside(Role.OPERATOR)
    disabled = await house.add(Role.AUDITOR, "disabled")
    await house.people.change(disabled.person.id, PersonChange(state=PersonState.DISABLED), actor="test")
    late = await house.add(Role.AUDITOR, "late")
    house.clock.tick(days=4)
    for login, password in (
        ("hanako", "wrong"),
        ("nobody", "wrong"),
        ("disabled", disabled.password),
        ("late", late.password),
        ("", ""),
        ("\0", "x" * 100_000),
        ("\ud800", "\ud800"),
    ):
        assert await refused(house, login, password) is Wrong


async def test_the_same_work_is_done_for_everybody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.add(Role.OPERATOR)
    checked: list[str] = []
    honest = CHEAP.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, kept, typed: checked.append(kept) or honest(kept, typed))
    rows = []
    for login in ("hanako", "nobody"):
        before = len(await house.actions())
        await refused(house, login, "wrong")
        rows.append((await house.actions())[before:])
    assert [kept.split("$")[1:4] for kept in checked] == [checked[0].split("$")[1:4]] * 2
    assert rows == [["sign_in_refused"]] * 2


async def test_what_was_typed_as_a_login_is_not_on_record(house: House) -> None:
    await refused(house, "my-Secret-Password", "x")
    assert "secret" not in str([row async for row in house.store.audit_rows()]).lower()


@pytest.mark.parametrize("login", ["hanako", "nobody"])
async def test_guessing_is_slowed_down_more_and_more(house: House, login: str) -> None:
    await house.add(Role.OPERATOR)
    for _ in range(FREE_HERE):
        assert await refused(house, login, "wrong") is Wrong
    waited = []
    for _ in range(10):
        with pytest.raises(Closed) as raised:
            await house.door.sign_in(login, "wrong", HERE)
        waited.append(raised.value.seconds)
        house.clock.tick(seconds=raised.value.seconds)
        assert await refused(house, login, "wrong") is Wrong
    assert waited == [5, 10, 20, 40, 80, 160, 320, 640, LONGEST_SECONDS, LONGEST_SECONDS]


async def test_while_it_is_closed_even_the_right_password_is_not_looked_at(house: House) -> None:
    await house.inside(Role.AUDITOR)
    for _ in range(FREE_HERE):
        await refused(house, "hanako", "wrong")
    assert await refused(house, "hanako", PASSWORD) is Closed
    elsewhere = await house.door.sign_in("hanako", PASSWORD, Client("198.51.100.7"))  # nobody is shut out by others
    assert elsewhere.step is Step.DONE


async def test_an_account_is_slowed_down_for_many_addresses_together(house: House) -> None:
    await house.add(Role.OPERATOR)
    for number in range(FREE_ACCOUNT):
        assert await refused(house, "hanako", "wrong", Client(f"2001:db8:0:{number:x}::1")) is Wrong
    assert await refused(house, "hanako", "wrong", Client("2001:db8:1::1")) is Closed
    assert await refused(house, "other", "wrong", Client("2001:db8:1::1")) is Wrong


async def test_an_address_is_slowed_down_for_many_accounts_together(house: House) -> None:
    for number in range(FREE_ADDRESS):
        assert await refused(house, f"nobody{number}", "wrong", Client(f"2001:db8::{number:x}")) is Wrong
    assert await refused(house, "another", "wrong", Client("2001:db8::ffff")) is Closed  # the same /64


async def test_an_office_behind_one_address_signs_in(house: House) -> None:
    await house.inside(Role.AUDITOR)
    for _ in range(FREE_ADDRESS + 5):
        assert (await house.door.sign_in("hanako", PASSWORD, HERE)).step is Step.DONE


async def test_a_session_ends_when_nothing_is_done(house: House) -> None:
    token, _ = await house.inside(Role.AUDITOR)
    house.clock.tick(minutes=29)
    assert await house.door.session(token) is not None
    house.clock.tick(minutes=29)
    assert await house.door.session(token, quiet=True) is not None  # a page that asks by itself is nobody
    house.clock.tick(minutes=1)
    assert await house.door.session(token) is None


async def test_a_session_ends_in_the_end(house: House) -> None:
    token, _ = await house.inside(Role.AUDITOR)
    for _ in range(47):
        house.clock.tick(minutes=15)
        assert await house.door.session(token) is not None
    house.clock.tick(minutes=15)
    assert await house.door.session(token) is None


async def test_half_a_sign_in_does_not_wait_for_ever(house: House) -> None:
    _, secret = await house.inside(Role.OPERATOR)
    progress = await house.door.sign_in("hanako", PASSWORD, HERE)
    house.clock.tick(minutes=10)
    with pytest.raises(SignedOut):
        await house.door.give_code(progress.token, house.code(secret))


async def test_signing_out_ends_it(house: House) -> None:
    token, _ = await house.inside(Role.AUDITOR)
    await house.door.sign_out(token)
    await house.door.sign_out(token)
    assert await house.door.session(token) is None
    assert (await house.actions())[-1] == "signed_out"
    assert (await house.actions()).count("signed_out") == 1


async def test_no_token_is_kept_as_it_is(house: House, tmp_path: Path) -> None:
    token, secret = await house.inside(Role.OPERATOR)
    codes = await house.door.new_recovery_codes(token)
    caller = await house.door.session(token)
    assert caller is not None
    made = await house.door.callers.make_token(caller, "monitor", [Right.QUEUE], 30)
    await house.store.close()
    kept = everything_in(tmp_path)
    assert token_hash(token).encode() in kept
    for hidden in (token, secret, made.value, PASSWORD, *codes, codes[0].replace("-", "")):
        assert hidden.encode() not in kept


async def test_a_proof_is_fresh_for_ten_minutes(house: House) -> None:
    token, secret = await house.inside(Role.OPERATOR)
    house.clock.tick(minutes=11)
    caller = await house.door.session(token)
    assert caller is not None
    assert not house.door.is_strong(caller)
    for password, code in (("wrong", house.code(secret)), (PASSWORD, "000000"), (PASSWORD, "")):
        with pytest.raises(Wrong):
            await house.door.strengthen(token, password, code)
    await house.door.strengthen(token, PASSWORD, house.code(secret))
    caller = await house.door.session(token)
    assert caller is not None
    assert house.door.is_strong(caller)
    house.clock.tick(minutes=10)
    assert not house.door.is_strong(caller)


async def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(house: House) -> None:
    token, _ = await house.inside(Role.AUDITOR)
    other = await house.door.sign_in("hanako", PASSWORD, HERE)
    with pytest.raises(Wrong):
        await house.door.change_password(token, "wrong", "another long password")
    for weak in ("short", "password1234", "aaaaaaaaaaaa", "my-hanako-name-x", PASSWORD):
        with pytest.raises(Weak):
            await house.door.change_password(token, PASSWORD, weak)
    await house.door.change_password(token, PASSWORD, "another long password")
    assert await house.door.session(token) is not None
    assert await house.door.session(other.token) is None
    assert await refused(house, "hanako", PASSWORD) is Wrong


async def test_a_disabled_person_is_out_at_once(house: House) -> None:
    token, _ = await house.inside(Role.AUDITOR)
    caller = await house.door.session(token)
    assert caller is not None
    made = await house.door.callers.make_token(caller, "monitor", [Right.QUEUE], 30)
    await house.people.change(caller.person.id, PersonChange(state=PersonState.DISABLED), actor="test")
    assert await house.door.session(token) is None
    assert await house.door.callers.by_token(made.value) is None


async def test_an_api_token_has_what_it_was_given_and_no_more(house: House) -> None:
    token, _ = await house.inside(Role.OPERATOR)
    caller = await house.door.session(token)
    assert caller is not None
    made = await house.door.callers.make_token(caller, "release bot", [Right.QUEUE, Right.ITEMS_RELEASE], 30)
    by_token = await house.door.callers.by_token(made.value)
    assert by_token is not None
    assert (by_token.actor, by_token.rights) == ("token:hanako:release bot", {Right.QUEUE, Right.ITEMS_RELEASE})
    assert not house.door.is_strong(by_token)
    await house.people.change(caller.person.id, PersonChange(role=Role.AUDITOR), actor="test")
    by_token = await house.door.callers.by_token(made.value)
    assert by_token is not None
    assert by_token.rights == {Right.QUEUE}  # the person lost the other
    house.clock.tick(days=31)
    assert await house.door.callers.by_token(made.value) is None
    for nonsense in ("", "kiyome_", "kiyome_x", made.value[:-1], made.value.removeprefix("kiyome_")):
        assert await house.door.callers.by_token(nonsense) is None


async def test_an_api_token_cannot_be_given_more_than_one_has(house: House) -> None:
    token, _ = await house.inside(Role.OPERATOR)
    caller = await house.door.session(token)
    assert caller is not None
    make = house.door.callers.make_token
    for rights in (
        [],
        [Right.AUDIT_EXPORT],
        [Right.QUEUE, Right.PEOPLE_CHANGE],
        *([right] for right in NOT_FOR_TOKENS),
    ):
        with pytest.raises(Unfit):
            await make(caller, "x", rights, 30)
    for name, days in (("", 30), ("x" * 81, 30), ("a\nb", 30), ("x", 0), ("x", 367)):
        with pytest.raises(Unfit):
            await make(caller, name, [Right.QUEUE], days)
    await make(caller, "x", [Right.QUEUE], 366)
    with pytest.raises(NameTaken):
        await make(caller, "x", [Right.QUEUE], 30)


async def test_a_password_is_hashed_anew_under_better_parameters(house: House) -> None:
    made = await house.add(Role.AUDITOR)
    old = Passwords(PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)).hash(PASSWORD)
    await house.people.set_password(made.person.id, NewPassword(old, made.person.password.OWN), actor="test")
    assert (await house.door.sign_in("hanako", PASSWORD, HERE)).step is Step.DONE
    proof = await house.people.proof("hanako")
    assert proof is not None
    assert "m=8," in proof.password
    assert (await house.door.sign_in("hanako", PASSWORD, HERE)).step is Step.DONE


def test_passwords_are_argon2id_and_the_same_from_every_keyboard() -> None:
    assert Passwords().hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    passwords = Passwords(CHEAP)
    kept = passwords.hash("パスワード１２３ＡＢＣ")
    assert passwords.check(kept, "パスワード123ABC").right
    assert not passwords.check(kept, "パスワード123ABD").right
    assert not passwords.check("", "").right
    assert not passwords.check("not a hash", "x").right
    assert weakness("とても長い日本語の合言葉です") == ""
    assert weakness("x" * 257) == "password_long"


def test_a_code_fits_for_a_step_to_either_side() -> None:
    secret, now = new_secret(), datetime(2026, 11, 21, 3, 0, 10, tzinfo=UTC)
    for seconds, fits in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        code = pyotp.TOTP(secret).at(now + timedelta(seconds=seconds))
        step = matching_step(secret, f"{code[:3]} {code[3:]}", now)
        assert step == ((int(now.timestamp()) + seconds) // 30 if fits else None)
    for nonsense in ("", "12345", "1234567", "abcdef", "１２３４５６", "-12345"):
        assert matching_step(secret, nonsense, now) is None


def test_what_is_offered_is_a_picture_that_runs_nothing() -> None:
    shown = offer(new_secret(), "hanako@x", "Kiyome <kiyome.example.jp>")
    assert shown.uri.startswith("otpauth://totp/Kiyome%20%3Ckiyome.example.jp%3E:hanako%40x?secret=")
    assert shown.picture.startswith("<svg ")
    assert not any(word in shown.picture for word in ("script", "style", "href", "hanako"))


def test_a_sealed_secret_is_its_owner_s() -> None:
    seal = Seal(b"k" * 32)
    sealed = seal.close("SECRET", "hanako")
    assert seal.open(sealed, "hanako") == "SECRET"
    assert seal.close("SECRET", "hanako") != sealed
    for attempt in (
        lambda: seal.open(sealed, "taro"),
        lambda: Seal(b"x" * 32).open(sealed, "hanako"),
        lambda: seal.open("zz", "hanako"),
    ):
        with pytest.raises(SealBroken):
            attempt()


def test_recovery_codes_are_many_and_different() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert recovery_hash("a", codes[0]) != recovery_hash("b", codes[0])


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = kept_key(tmp_path / "new" / "access.key")
    assert (len(key), kept_key(tmp_path / "new" / "access.key")) == (32, key)
    assert (tmp_path / "new" / "access.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("login", ""), ("login", "a b"), ("login", "-x"), ("login", "x" * 65), ("login", "<b>"), ("login", "日本"),
        ("name", "x" * 101), ("name", "a\u202eb"), ("address", "x"), ("address", "a b@city.example.jp"),
        ("address", "a@"), ("address", "a@-x"), ("domains", frozenset()), ("domains", frozenset({"*"})),
    ],
)  # fmt: skip
async def test_what_cannot_be_an_account_is_refused(house: House, field: str, value: object) -> None:
    good = {"login": "taro", "name": "太郎", "address": "taro@city.example.jp", "domains": CITY, "role": Role.OPERATOR}
    with pytest.raises(Unfit) as raised:
        await house.accounts.add(Description(**(good | {field: value})), None, actor="test")  # type: ignore[arg-type]
    assert raised.value.field == field


async def test_a_user_without_an_address_would_see_nothing(house: House) -> None:
    with pytest.raises(Unfit, match="address"):
        await house.accounts.add(Description(login="taro", role=Role.USER), None, actor="test")


async def test_an_administrator_of_a_domain_stays_in_it(house: House) -> None:
    accounts = house.accounts
    of_city = await accounts.add(
        Description(login="of-city", role=Role.ADMINISTRATOR, domains=CITY), None, actor="test"
    )
    of_town = await accounts.add(Description(login="of-town", role=Role.OPERATOR, domains=TOWN), None, actor="test")
    everywhere = await accounts.add(Description(login="all", role=Role.ADMINISTRATOR), None, actor="test")
    city = of_city.person
    for domains in (None, TOWN, CITY | TOWN):
        with pytest.raises(OutOfReach):
            await accounts.add(Description(login="x", role=Role.OPERATOR, domains=domains), city, actor="test")
    user = Description(login="x", role=Role.USER, address="x@town.example.jp", domains=CITY)
    with pytest.raises(OutOfReach):
        await accounts.add(user, city, actor="test")
    for other in (of_town, everywhere):
        with pytest.raises(NoSuchPerson):
            await accounts.get(other.person.id, city)
        with pytest.raises(NoSuchPerson):
            await accounts.reset_password(other.person.id, city, actor="test")
    own = await accounts.add(Description(login="mine", role=Role.OPERATOR, domains=CITY), city, actor="test")
    for change in (PersonChange(domains=None), PersonChange(domains=CITY | TOWN)):
        with pytest.raises(OutOfReach):
            await accounts.change(own.person.id, change, city, actor="test")
    moved = PersonChange(role=Role.USER, address="x@town.example.jp")
    with pytest.raises(OutOfReach):
        await accounts.change(own.person.id, moved, city, actor="test")
    await accounts.remove(own.person.id, city, actor="test")


async def test_the_first_administrator_gets_a_way_in_until_there_is_an_own_password(house: House) -> None:
    first = await house.accounts.first_administrator("admin", actor="test")
    second = await house.accounts.first_administrator("admin", actor="test")
    assert first.person.id == second.person.id
    assert await refused(house, "admin", first.password) is Wrong
    progress: Progress = await house.door.sign_in("admin", second.password, HERE)
    await house.door.choose_password(progress.token, PASSWORD)
    assert (await house.accounts.first_administrator("admin", actor="test")).password == ""


def test_what_roles_may_do() -> None:
    assert set(RIGHTS) == set(Role)
    assert RIGHTS[Role.ADMINISTRATOR] == set(Right)
    changing = {Right.ITEMS_RELEASE, Right.ITEMS_APPROVE, Right.ITEMS_DISCARD, Right.ITEMS_RETRY, Right.ITEMS_HOLD}
    changing |= {Right.PEOPLE_CHANGE, Right.ITEMS_ORIGINAL}
    assert not RIGHTS[Role.AUDITOR] & changing
    assert not RIGHTS[Role.USER] & changing
    assert Right.ITEMS_RELEASE not in RIGHTS[Role.APPROVER]
    assert Right.ITEMS_APPROVE not in RIGHTS[Role.OPERATOR]
    assert Source.LOCAL in Source
