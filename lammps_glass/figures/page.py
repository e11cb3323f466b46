"""Style sheet of the report, with fonts of the reader's system, so that nothing is fetched."""

STYLE = """
:root { color-scheme: light; --ink: #1c1c1c; --soft: #5c5c5c; --rule: #dcdcdc; --accent: #0072B2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 5rem; max-width: 54rem; color: var(--ink); background: #fff;
  font: 1rem/1.55 "Source Sans 3", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .1rem 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule); }
.kicker { margin: 0; color: var(--accent); font-weight: 600; }
.citation { margin: 0; color: var(--soft); }
.status { padding: .5rem .8rem; background: #fff4e5; border-left: 4px solid #D55E00; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .4rem 0 1rem; font-size: .93rem; }
th, td { text-align: left; padding: .28rem 1.4rem .28rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
table.numbers td + td { font-variant-numeric: tabular-nums; }
figure { margin: 0 0 2.6rem; break-inside: avoid; }
figcaption { margin-bottom: .5rem; }
figure img { display: block; width: min(100%, 42rem); height: auto; }
dl { display: grid; grid-template-columns: 4rem 1fr; gap: .15rem .6rem; margin: .6rem 0 0; font-size: .95rem; }
dt { color: var(--soft); font-weight: 600; }
dd { margin: 0; }
.missing { color: var(--soft); font-style: italic; }
.columns { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
@media print { body { max-width: none; padding: 0; } }
"""
