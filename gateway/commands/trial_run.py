"""A trial run: the gateway with a mailbox behind it and pages in front, in one process, on this machine only."""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from gateway.access.accounts import Accounts
from gateway.app import Gateway
from gateway.commands.doctor_checks import of_running
from gateway.commands.trial_folder import HOST, Addresses, TrialFolder, announce, with_free_ports
from gateway.commands.trial_mailbox import start_mailbox
from gateway.processing.trace import report_key, written_by_us
from gateway.settings import load_configuration
from gateway.web.app import build
from gateway.web.pages import Trial
from gateway.web.server import WebServer

ADMINISTRATOR = "admin"
GATEWAY_ROLES = frozenset({"intake", "worker", "delivery"})  # the pages come with the trial's own mailbox


async def run_trial(folder: TrialFolder, language: str) -> None:
    """Until SIGINT or SIGTERM."""
    configuration = load_configuration(folder.settings)
    settings, addresses = with_free_ports(configuration.settings)
    # On this machine alone, without HTTPS: not every browser keeps a secure cookie then.
    web = msgspec.structs.replace(settings.web, secure_cookies=False, public_url=f"http://{addresses.web}")
    settings = msgspec.structs.replace(settings, web=web)
    key = report_key(settings)
    mailbox = await start_mailbox(
        folder.mailbox, HOST, _port(addresses.next_hop), lambda content: written_by_us(content, key)
    )
    gateway = Gateway(settings, configuration.rules, roles=GATEWAY_ROLES, checks=of_running)
    try:
        await gateway.start()
        try:
            await _serve(gateway, folder, addresses, language)
        finally:
            await gateway.stop()
    finally:
        folder.running.unlink(missing_ok=True)
        mailbox.close()


async def _serve(gateway: Gateway, folder: TrialFolder, addresses: Addresses, language: str) -> None:
    made = await Accounts(gateway.store.people).first_administrator(ADMINISTRATOR, actor="trial run")
    app = build(gateway, Trial(folder.mailbox))
    server = WebServer(app, HOST, _port(addresses.web))
    await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    announce(folder, addresses)
    print(_welcome(folder, addresses, made.password, language), flush=True)
    await stop.wait()
    await server.stop()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _welcome(folder: TrialFolder, addresses: Addresses, password: str, language: str) -> str:
    reset = f"{_program()} users reset-password {ADMINISTRATOR} --config {folder.settings}"
    own = (f"決めたパスワード(忘れたら {reset})", f"the password you chose (forgotten: {reset})")
    japanese_password, english_password = (f"{password}(一回限り)", f"{password} (one-time)") if password else own
    japanese = f"""\
清め(Kiyome)の試用環境が動いています。止めるには Ctrl+C。
  受信(SMTP)      {addresses.smtp}
  Web             http://{addresses.web}/
  サインイン      {ADMINISTRATOR} / {japanese_password}
  届いたメール    {folder.mailbox}(Maildir)、または Web の「試用の受信箱」
  記録(ログ)      {folder.log}
次に、別の端末で見本を送ってください:
  {_samples_command(folder)}
一覧を見るには:
  {_program()} items list --config {folder.settings}"""
    english = f"""\
A trial run of Kiyome is on. Ctrl+C stops it.
  Mail in (SMTP)  {addresses.smtp}
  Web             http://{addresses.web}/
  Sign in         {ADMINISTRATOR} / {english_password}
  Delivered mail  {folder.mailbox} (Maildir), or "Trial mailbox" in the web pages
  Log             {folder.log}
Now feed it the samples, in a second terminal:
  {_samples_command(folder)}
To list what came in:
  {_program()} items list --config {folder.settings}"""
    first, second = (japanese, english) if language == "ja" else (english, japanese)
    return f"\n{first}\n\n{second}\n"


def _samples_command(folder: TrialFolder) -> str:
    named = "" if folder.path == Path("trial") else f" --trial {folder.path}"
    return f"{_program()} samples send{named}"


def _program() -> str:
    """As this one was called, so that it can be called so again."""
    return sys.argv[0] if Path(sys.argv[0]).name == "kiyome" else "kiyome"
