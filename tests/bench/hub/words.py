"""Text that compresses as a model's reasoning does: words of the field, by frequencies such as a language's.

One sentence said again and again would make every compressing transport look good. By itself this text shrinks to
about 0.37 under zlib at 40 kB; English prose does to about 0.4.
"""

import itertools
from random import Random

_VOCABULARY = """
the of to a is in and that it we so at each with from this row as on are for grid by if cell one then be not colour
output column but input same there 0 1 2 3 4 5 6 7 8 9 which its two example red blue or let me now where has have
first all pattern green shape look black position every cells rows columns object into see left right top bottom would
could must wait check test pair yellow between other no only these means because maybe three also grey pink orange size
block when background rule line square they more than becomes region inside outside second centre corner border number
copy fill seems like move moved down up along edge way another until starting consistent however horizontal vertical
diagonal transformation hypothesis symmetric reflected rotated around mirror adjacent neighbours connected component
bounding box height width count largest smallest since actually perhaps still both four above below third training
given final answer what how does do why can should might will makes looks different whole single noise isolated pixel
pixels touching extends reaches wall overlaps shifted tile repeated period offset index starts ends range values order
sorted maps replaced removed kept drawn painted coloured marked counted matched holes enclosed hollow solid frame
rectangle cross arrow path ray direction step steps distance equal exactly once again already never always except case
consider suppose verify confirm expected compare difference found nothing something everything remaining missing extra
part half quarter side sides opposite inner outer upper lower leftmost rightmost topmost bottommost middle central
layer stacked scaled factor concatenated cropped template stamp anchor seed legend key palette separator divider panel
quadrant cluster group pieces fragment outline silhouette gravity falls slides bounces stops blocked swaps toggles
alternates cycles sequence arithmetic parity odd even modulo majority minority unique duplicate union intersection mask
overlay subset covers contains surrounded flood propagates spreads grows shrinks trims interpolates aligns snaps
attaches absorbs inherits determines decides chooses selects ignores explains contradicts supports fails works breaks
holds fits suggests implies requires produces yields gives takes leaves carefully precisely roughly simply probably
certainly clearly apparently similarly likewise therefore hence thus meanwhile afterwards finally initially
alternatively otherwise instead rather indeed especially namely regardless coordinates (0,0) (1,2) (3,4) (5,7) (2,9)
(8,8) 10 11 12 13 14 15 16 18 20 21 24 30 3x3 5x5 10x10 2x2
"""
_WORDS = _VOCABULARY.split()
# The n-th word of a language comes about 1/n as often as the first (Zipf), the very first ones a little less.
_OFTEN = [1 / (place + 3) for place in range(len(_WORDS))]
_MARKS = {",": 0.06, ".": 0.06, "\n": 0.01}
_TOKENS = [*(f" {word}" for word in _WORDS), *_MARKS]
_UP_TO = list(itertools.accumulate([*_OFTEN, *(sum(_OFTEN) * share for share in _MARKS.values())]))
_TOKEN_LENGTH = 5  # on average
# What comes again after this much is out of every compressor's sight (zlib's is 32 kB), and takes no time to make.
_PERIOD = 512 * 1024


def reasoning(random: Random, length: int) -> str:
    """Return text of this length."""
    text, drawn = "", min(length, _PERIOD)
    while len(text) < drawn:
        missing = (drawn - len(text)) // _TOKEN_LENGTH + 1
        text += "".join(random.choices(_TOKENS, cum_weights=_UP_TO, k=missing))
    return (text * (length // _PERIOD + 1))[:length]
