"""Transitions and animations (ECMA-376 part 1, 19.5): kept, but for commands to objects and sound and video."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate
from sanitizers.formats.ooxml.drawing.notation import alike, children, table
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_VERB: Final = Trace(
    Threat.ACTIVE_CONTENT, Severity.WARNING, "an animation that gives a command to an embedded object (OLE verb)"
)


def _command(element: XML, work: PartWork) -> None:
    """A call to sound or video goes with it without a word."""
    if element.get("type") != "call":
        work.met(_VERB)


def _list(inside: str) -> Element:
    """A list that is not there when nothing of it is left."""
    names = children("p", inside)
    return Element(children=names, needs=names)


_NODES: Final = "par seq excl anim animClr animEffect animMotion animRot animScale cmd set"

ELEMENTS: Final[dict[str, Entry]] = {
    "p:timing": Element(children=children("p", "tnLst bldLst"), needs=children("p", "tnLst bldLst")),
    "p:tnLst": _list("par"),
    "p:childTnLst": _list(_NODES),
    "p:subTnLst": _list(_NODES),
    "p:tmplLst": _list("tmpl"),
    "p:bldLst": _list("bldP bldDgm bldOleChart bldGraphic"),
    "p:tgtEl": _list("sldTgt spTgt"),
    "p:sndAc": _list("endSnd"),
    "p:cmd": Element(treat=_command),
    "p:attrName": Element(text=values.matching(r"[A-Za-z0-9_.#]{1,100}"), children=frozenset()),
    # Told of where the relationships are gone through.
    "p:audio": Fate.SILENT,
    "p:video": Fate.SILENT,
    "p:stSnd": Fate.SILENT,
    "p:sndTgt": Fate.SILENT,
    "p:inkTgt": Fate.SILENT,
    "p14:bmkTgt": Fate.SILENT,
    **alike("p", "sldTgt bldAsOne endSnd circle dissolve diamond newsflash plus random wedge", ""),
    **alike("p14", "honeycomb flash", ""),
    **alike("p", "blinds checker comb randomBar cover pull push wipe strips zoom", "dir"),
    **alike("p14", "vortex pan switch flip ferris gallery conveyor ripple doors window warp", "dir"),
    **table(
        {
            "p:tmPct": "val=number",
            "p:tmAbs": "val=tokens",
            "p:tn": "val=number",
            "p:rtn": "val",
            "p:cond": "evt delay=tokens > tgtEl tn rtn",
            "p:endSync": "evt delay=tokens > tgtEl tn rtn",
            "p:par": "> cTn",
            "p:seq": "concurrent=flag prevAc nextAc > cTn prevCondLst nextCondLst",
            "p:excl": "> cTn",
            "p:anim": "by=text from=text to=text calcmode valueType p14:bounceEnd=number > cBhvr tavLst",
            "p:animClr": "clrSpc dir > cBhvr by from to",
            "p:animEffect": "transition filter=text prLst=text > cBhvr progress",
            "p:animMotion": (
                "origin path=text pathEditMode rAng=number ptsTypes=text p14:bounceEnd=number > cBhvr by from to rCtr"
            ),
            "p:animRot": "by=number from=number to=number p14:bounceEnd=number > cBhvr",
            "p:animScale": "zoomContents=flag p14:bounceEnd=number > cBhvr by from to",
            "p:set": "> cBhvr to",
            "p:cTn": (
                "id=number presetID=number presetClass presetSubtype=number dur=tokens repeatCount=tokens "
                "repeatDur=tokens spd=number accel=number decel=number autoRev=flag restart fill syncBehavior "
                "tmFilter=text evtFilter display=flag masterRel bldLvl=number grpId=number afterEffect=flag nodeType "
                "nodePh=flag p14:presetBounceEnd=number > stCondLst endCondLst endSync iterate childTnLst subTnLst"
            ),
            "p:prevCondLst": "> cond",
            "p:nextCondLst": "> cond",
            "p:stCondLst": "> cond",
            "p:endCondLst": "> cond",
            "p:attrNameLst": "> attrName",
            "p:boolVal": "val=flag",
            "p:intVal": "val=number",
            "p:fltVal": "val=real",
            "p:strVal": "val=text",
            "p:clrVal": "> $colour",
            "p:tav": "tm=tokens fmla=text > val",
            "p:rgb": "r=number g=number b=number",
            "p:hsl": "h=number s=number l=number",
            "p:cBhvr": "additive accumulate xfrmType from=text to=text by=text rctx override > cTn tgtEl attrNameLst",
            "p:progress": "> fltVal",
            "p:to": "x=number y=number > boolVal intVal fltVal strVal clrVal $colour",
            "p:val": "> boolVal intVal fltVal strVal clrVal",
            "p:by": "x=number y=number > rgb hsl",
            "p:from": "x=number y=number > $colour",
            "p:tmpl": "lvl=number > tnLst",
            "p:bldSub": "> a:bldDgm a:bldChart",
            "p:bldP": (
                "spid=id grpId=number uiExpand=flag build bldLvl=number animBg=flag autoUpdateAnimBg=flag rev=flag "
                "advAuto=tokens > tmplLst"
            ),
            "p:bldDgm": "spid=id grpId=number uiExpand=flag bld",
            "p:bldOleChart": "spid=id grpId=number uiExpand=flag bld animBg=flag",
            "p:bldGraphic": "spid=id grpId=number uiExpand=flag > bldAsOne bldSub",
            "p:charRg": "st=number end=number",
            "p:pRg": "st=number end=number",
            "p:timing": "> tnLst bldLst extLst",
            "p:spTgt": "spid=id > bg subSp oleChartEl txEl graphicEl",
            "p:subSp": "spid=id",
            "p:iterate": "type backwards=flag > tmAbs tmPct",
            "p:tavLst": "> tav",
            "p:rCtr": "x=number y=number",
            "p:oleChartEl": "type lvl=number",
            "p:txEl": "> charRg pRg",
            "p:graphicEl": "> a:dgm a:chart",
            "p:transition": (
                "spd p14:dur=tokens advClick=flag advTm=tokens > blinds checker circle dissolve comb cover cut "
                "diamond fade newsflash plus pull push random randomBar split strips wedge wheel wipe zoom p14:flash "
                "p14:vortex p14:switch p14:flip p14:ripple p14:glitter p14:honeycomb p14:prism p14:doors p14:window "
                "p14:shred p14:ferris p14:flythrough p14:warp p14:gallery p14:conveyor p14:pan p14:reveal "
                "p14:wheelReverse p15:prstTrans sndAc extLst"
            ),
            "p:cut": "thruBlk=flag",
            "p:fade": "thruBlk=flag",
            "p:split": "orient dir",
            "p:wheel": "spokes=number",
            "p14:prism": "dir isContent=flag isInverted=flag",
            "p14:glitter": "dir pattern",
            "p14:flythrough": "dir hasBounce=flag",
            "p14:shred": "pattern dir",
            "p14:reveal": "thruBlk=flag dir",
            "p14:wheelReverse": "spokes=number",
            "p15:prstTrans": "prst invX=flag invY=flag",
        }
    ),
}
