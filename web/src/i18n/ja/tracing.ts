/** Live rating: values given while the video plays. */
export const tracing: Record<string, string> = {
  'key.tracing': '再生しながら連続して評定',
  'controls.tracing': '連続評定',

  'tracing.title': '連続評定',
  'tracing.intro': '動画を再生しながら顔を評定します。モデルの値は表示されません。',
  'tracing.what': '対象',
  'tracing.device': '入力',
  'tracing.device.mouse': 'マウス',
  'tracing.device.keys': 'キー',
  'tracing.device.touch': 'タッチ',
  'tracing.device.gamepad': 'ゲームコントローラー',
  'tracing.how.mouse':
    '入力欄の上でマウスを動かします。その位置が値になります。相対尺度では動いた量とホイールの回転が値になります。',
  'tracing.how.keys':
    '矢印キーまたは W A S D で値を一目盛りずつ変えます。Shift と同時に押すと大きく変わります。',
  'tracing.how.touch':
    '入力欄に指を置いて動かします。その位置が値になります。相対尺度では動いた量が値になります。',
  'tracing.how.gamepad':
    '左スティックの位置が値になります。手を離すと中央に戻ります。相対尺度では倒した向きに値が動きます。',
  'tracing.padWanted':
    'ゲームコントローラーを接続し、いずれかのボタンを押してください。',
  'tracing.padThere': '接続中：{name}',
  'tracing.mode': '尺度',
  'tracing.mode.bounded': '上下限あり',
  'tracing.mode.relative': '相対',
  'tracing.about.bounded': '尺度の最低値から最高値までで評定します。',
  'tracing.about.relative':
    '上下限はなく、上がり下がりだけが意味を持ちます。評価者間の比較に使い、モデルは学習しません。',
  'tracing.speed': '速度',
  'tracing.from': '開始',
  'tracing.from.start': '顔の最初のフレーム',
  'tracing.from.here': 'このフレーム',
  'tracing.start': '開始する',
  'tracing.close': '閉じる',
  'tracing.noFace': '評定する顔がありません。',
  'tracing.noVideo': '動画をまだ再生できません。',
  'tracing.noPad':
    'ゲームコントローラーがありません。接続して、いずれかのボタンを押してください。',
  'tracing.noPlay': 'ブラウザーが動画の再生を許可しませんでした。',
  'tracing.notFetched':
    '連続評定の画面を読み込めませんでした。接続が戻ってからもう一度試すか、ページを再読み込みしてください。',

  'tracing.now': 'すぐ始める',
  'tracing.cancel': '中止',
  'tracing.pause': '一時停止',
  'tracing.goOn': '再開',
  'tracing.end': '終了',
  'tracing.paused': '一時停止中',
  'tracing.field': '{what} の入力欄',
  'tracing.trace': '評定した値の推移',
  'tracing.dropped':
    '{n} 枚の画像が表示されませんでした。この機器では再生が追いついていません。',
  'tracing.tooShort': '評定が 1 秒未満のため、何も保存していません。',

  'tracing.reviewed': '{seconds} 秒分を評定しました。',
  'tracing.pieces': '途中で停止や移動があったため、{n} 個に分かれています。',
  'tracing.notSent':
    'まだ送信していません。送信または破棄するまで、このブラウザーに保存されます。',
  'tracing.unkept':
    'ブラウザーに保存する空きがありません。送信しないままページを閉じると失われます。',
  'tracing.send': '送信',
  'tracing.again': 'やり直す',
  'tracing.discard': '破棄',
  'tracing.later': '後で決める',
  'tracing.sending': '送信中…',
  'tracing.waiting':
    'このブラウザーに保存しました。サーバーに接続できたときに送信します。',
  'tracing.saved': '保存しました。',
  'tracing.refused': 'サーバーが受け付けませんでした。理由は下に表示されています。',
  'tracing.next': '次の評定',
  'tracing.undo': 'この評定を取り消す',
  'tracing.lag': '反応遅れ',
  'tracing.lagIs':
    '顔の変化より約 {lag} 秒遅れています（90% 区間：{low}～{high} 秒）。',
  'tracing.lagNone': 'この評定からは求められません。何も除きません。',
  'tracing.lagWhy.bounded':
    '人は変化を見てから反応します。その遅れを除いてから、モデルが評定を学習します。',
  'tracing.lagWhy.relative':
    '人は変化を見てから反応します。その遅れを除いてから、評価者間で比較します。',
  'tracing.lagRemoved': '除く遅れ',
  'tracing.unit': '秒',
  'tracing.lagUndo': '変更を取り消す',
  'tracing.earlier': 'この顔のこれまでの連続評定',
  'tracing.earlierOne': '{what}、{seconds} 秒',

  'history.trace': '{what} を連続評定（{place}）',
  'history.trace-lag': '反応遅れを {lag} 秒に変更',
};
