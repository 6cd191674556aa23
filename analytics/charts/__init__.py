"""Charts as server-rendered SVG: pure functions from data to geometry, and one template each.

    from analytics.charts.timeline import timeline

    context["chart"] = timeline(["1 May", "2 May", "3 May"], [310, 295, 120], "Calls a day", part=True)

    {% include "charts/timeline.html" with chart=chart %}

- `timeline.timeline` and `charts/timeline.html`: one value a bucket, as bars or a line (`shape="line"`), with
  a comparison (`before`) and a last bucket that is not over (`part`).
- `timeline.lines` and the same template: several named lines on one axis, with a legend.
- `bars.bars` and `charts/bars.html`: a table of names with horizontal bars, values and shares.
- `diverging.Span.bar` and `charts/diverging.html`: in a table's cell, a change around a zero line that all
  rows of one Span share.
- `heat.heat` and `charts/heat.html`: rows × columns, darker is more.

The page links `charts.css` and (deferred, after `live.js`) `charts.js` in its `{% block head %}`. All is as
wide as its container and of a fixed height; colours are variables, light and dark; nothing needs a style
attribute or JavaScript. Every chart says itself in a sentence (`label`, for screen readers) and each value on
hover (`<title>`), with JavaScript also by the arrow keys. Labels and names may be anybody's text: the
templates escape them.

A value may be int, float, Decimal or None (nothing known: a gap). NaN and infinities count as None. The
caller bounds the data: at most `timeline.MOST` buckets, `timeline.LINES` lines, `heat.MOST` cells, or
ValueError.
"""
