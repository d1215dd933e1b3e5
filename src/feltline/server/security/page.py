"""The page that a browser sees before it is signed in, in two languages."""

from typing import Final

__all__ = ["ENTERED", "SIGN_IN", "STYLE", "STYLE_PATH"]

STYLE_PATH: Final = "/sign-in.css"

STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; margin: 12vh auto; max-width: 34rem;
  padding: 0 1.5rem; }
h1 { font-size: 1.4rem; }
code { font: 0.95em ui-monospace, monospace; }
section + section { margin-top: 2.5rem; }
"""

_HEAD: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>feltline</title>
<link rel="stylesheet" href="{STYLE_PATH}">"""

SIGN_IN: Final = f"""\
{_HEAD}
</head>
<body>
<main>
<section lang="en">
<h1>This page opens by a link</h1>
<p>Open the link that <code>feltline serve</code> printed in its terminal. It lets one
browser in, once; when it was used, the next one is printed below it. You stay signed
in for 12 hours.</p>
<p>A link that does not work has been used, or the server was started again since: take
the last one printed.</p>
</section>
<section lang="ja">
<h1>リンクから開いてください</h1>
<p>ターミナルの <code>feltline serve</code> に表示されたリンクを開いてください。
リンクは 1 つのブラウザーで 1 回だけ使えます。
使うと、その下に次のリンクが表示されます。
サインインは 12 時間有効です。</p>
<p>開けないリンクは、使用済みか、サーバーの再起動により無効になったものです。
最後に表示されたリンクを使ってください。</p>
</section>
</main>
</body>
</html>
"""

ENTERED: Final = f"""\
{_HEAD}
<meta http-equiv="refresh" content="0; url=/">
</head>
<body>
<main>
<p lang="en"><a href="/">Open the page</a></p>
<p lang="ja"><a href="/">ページを開く</a></p>
</main>
</body>
</html>
"""
"""For a browser that came from another site: a redirect would not carry the cookie."""
