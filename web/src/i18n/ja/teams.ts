/** Work of a team: practice, and what raters see differently. */
export const teams: Record<string, string> = {
  'reason.assigned': 'あなたに割り当てられています',
  'reason.training': '練習です。正解は、回答した後に表示されます',

  'history.note.frame-comment': 'コメントを記入',
  'history.note.comment-state': 'コメントの状態を変更',

  'training.within': '正解に近い値です。',
  'training.outside': '正解から離れすぎています。',
  'training.known': '正解：{known}。',

  'sheet.team': 'チーム',
  'top.team': 'チーム',
  'key.team': 'チーム',
  'teams.disagreements': '評価者の不一致',
  'teams.agreed': '裁定を待つフレームはありません。',
  'teams.place': '{video} の顔 {track}、フレーム {frame}',
  'teams.spread': '差 {spread}',
  'teams.take': 'これを採用',
  'teams.takeOf': '{rater} の {said} を採用',
};
