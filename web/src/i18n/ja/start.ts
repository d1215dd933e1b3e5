/** 開始ページ：サーバーのプロジェクト */
export const start: Record<string, string> = {
  'start.title': 'feltline：プロジェクト',
  'start.projects': 'プロジェクト',
  'start.back': 'すべてのプロジェクト',
  'start.loading': 'プロジェクトを探しています…',
  'start.offline':
    'サーバーに接続できません。feltline をもう一度起動して、このページを再読み込みしてください。',
  'start.none':
    'プロジェクトはまだありません。下の欄で作成してください。プロジェクトには動画と、動画の顔に対する評定を保存します。',
  'start.counts': '{videos} · {judgements} · {open}',
  'start.videos': '動画 {n} 本',
  'start.notCounted': 'ここではまだ開いていません',
  'start.used': '最終使用：{when}',
  'start.neverUsed': '未使用',
  'start.fault': '開けません：{why}（リンクから再試行できます）',
  'start.forget': 'リストから外す',
  'start.forgetOne': '{project} をリストから外す',
  'start.forgetSure':
    '何も削除されません。フォルダーはそのまま残り、いつでも開き直せます。',
  'start.cancel': '外さない',
  'start.new': '新しいプロジェクト',
  'start.name': 'プロジェクト名',
  'start.rater': '評価者名（各評定とともに保存されます）',
  'start.home': '{folder} に作成されます。',
  'start.make': 'プロジェクトを作成',
  'start.open': 'フォルダー内のプロジェクトを開く',
  'start.openHint': '設定ファイル（拡張子 TOML）のあるフォルダーを選んでください。',
  'start.noMedia':
    'ここでフォルダーを開くには、--media とフォルダーを指定して feltline を起動してください。',
  'start.browse': 'フォルダーを選ぶ',
  'start.roots': '開けるフォルダー',
  'start.up': '上へ',
  'start.openThis': '開く',
  'start.openOne': '{folder} のプロジェクトを開く',
  'start.opened': '{project} をリストに追加しました。',
  'start.noFolder': 'フォルダーはありません。',
};
