/** 判断のしかた：設定、値のキー、直前の評定の結果。 */
export const working: Record<string, string> = {
  'settings.title': '評定の設定（このブラウザーのみ）',
  'settings.classProposes':
    '予測が非表示のフレームで表情のキーを押すと、その表情の代表的な位置を候補として白抜きで示します。矢印キーか同じキーで採用します',
  'settings.keepsDimension': '矢印キーの対象の次元を、次のフレームでもそのままにします',

  'help.how5':
    '数字でも値を入力できます。= 6 4 は +0.6 / +0.4、− 6 4 は −0.6 / +0.4、− 6 − 4 は両方とも負です。Y では 2 つめの値だけを入力します。細かい値は小数点を付けて = . 3 5 スペース . 2 のように入力します。続けて表情のキーと Enter を押します。',

  'key.typeValue': '値を数字で入力（1 桁は 0.1 単位）',
  'key.typeNegative': '同じく、1 つめの値を負にして入力',
  'key.secondUpFar': '2 つめの値を大きく上げる',
  'key.secondDownFar': '2 つめの値を大きく下げる',
  'key.typeSecond': '2 つめの値だけを入力',
  'key.toItem': 'カードのフレームに戻る',
  'key.comment': 'コメント',
  'key.fitFace': '映像を顔に合わせて拡大／元に戻す',

  'video.fit': '顔に合わせる',
  'video.loading': '読み込み中 …',

  'card.freeTitle': '自由にラベル付け',
  'card.freeWhere': 'Enter の対象は、待ち行列の項目ではなく表示中のフレームです。',
  'card.freeCropAlt': '表示中の顔',
  'card.freeNoFace': 'このフレームにこの顔は映っていません。',
  'card.minutesRange': '残り約 {low}～{high} 分',
  'card.minutesSame': '残り約 {low} 分',

  'earlier.label': 'この人物への自分の評定',
  'earlier.none': 'この人物に付けた自分の値が、ここに並びます。',
  'earlier.show': '{video} のフレーム {frame}：{value}',

  'audit.result': '抜き取り検査：自分 {own}、モデル {model}、',
  'audit.within': '差は {tolerance} 以内',
  'audit.outside': '差は {tolerance} を超えています',

  'notice.show': '表示',
  'notice.undoneWhat': '元に戻しました（{video}）：{what}',
  'notice.undoneThis': '元に戻しました：{what}',
  'notice.undoneMany': '1 つのキーで付けた {n} 件の評定を元に戻しました。',
};
