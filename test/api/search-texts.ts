/** A text, the words that find it, and words that do not. */
export interface SearchedText {
  readonly text: string;
  readonly found: readonly string[];
  readonly notFound?: readonly string[];
}

/** By script and style. */
export const searchedTexts: Readonly<Record<string, readonly SearchedText[]>> = {
  quotes: [
    {
      text: '«Bonjour» dit-il',
      found: ['bonjour', '«bonjour»', 'bonj', 'dit', 'il', 'dit-il', '"Bonjour"'],
      notFound: ['onjour'],
    },
    { text: '„Guten Abend“, rief sie', found: ['guten', 'Abend', 'abend,', '„Guten', 'guten abend'] },
    {
      text: '“Curly” ‘quotes’ and "straight" ones',
      found: ['curly', 'quotes', 'straight', '‘quotes’', '"curly"'],
    },
    { text: '「引用」と『二重』', found: ['引用', '二重', '「引用」'], notFound: ['引重'] },
  ],
  dashes: [
    {
      text: 'A state-of-the-art well‑being e-mail',
      found: [
        'state',
        'state-of-the-art',
        'art',
        'of the',
        'stateoftheart',
        'well-being',
        'wellbeing',
        'being',
        'email',
        'e-mail',
        'mail',
      ],
      notFound: ['tate'],
    },
    { text: 'Paris—Lyon–Nice…Toulon', found: ['paris', 'lyon', 'nice', 'toulon', 'Lyon–Nice', 'paris-lyon'] },
    { text: 'Rendez-vous sous-marin', found: ['rendez', 'vous', 'rendezvous', 'sous-mar', 'marin'] },
  ],
  slashes: [
    {
      text: 'and/or his\\hers 24/7 km/h',
      found: ['and', 'or', 'and/or', 'hers', '24/7', '7', 'km/h', 'kmh'],
    },
    {
      text: 'See https://example.com/docs/start?page=2#top.',
      found: [
        'example',
        'example.com',
        'https://example.com',
        'docs',
        'docs/start',
        'start',
        'page',
        'https://example.com/docs/start?page=2#top',
      ],
    },
    { text: 'It lies in /usr/local/bin', found: ['usr', 'local', '/usr/local', 'usr/local/bin', 'bin'] },
  ],
  codes: [
    {
      text: 'Headphones WH-1000XM5, new',
      found: [
        'WH-1000XM5',
        'wh-1000',
        'WH-10',
        'wh',
        '1000',
        '1000xm5',
        'xm5',
        'xm',
        'wh1000xm5',
        'WH 1000',
        'wh-',
        'WH_1000XM5',
      ],
      notFound: ['000xm', 'm5'],
    },
    {
      text: 'Replace ABC-123 by QX9000',
      found: ['123', 'abc', 'abc-123', 'abc123', 'ABC-1', 'qx9000', 'qx', '9000', 'QX-9000'],
      notFound: ['23'],
    },
    {
      text: 'Version v1.2.3-beta of lib_core',
      found: ['v1.2.3', '1.2', '1.2.3', 'v1', 'beta', 'lib_core', 'core', 'libcore'],
    },
    { text: 'ISBN 978-3-16-148410-0', found: ['978-3-16-148410-0', '9783161484100', '148410', '978-3'] },
    { text: 'WH 1000 XM5 written apart', found: ['WH-1000', 'WH-1000-XM5', 'wh/1000/xm', 'xm5'] },
    {
      text: 'Commit 550e8400-e29b-41d4-a716-446655440000',
      found: ['550e8400', '550e8400-e29b', '446655440000', '550e8400-e29b-41d4-a716-446655440000'],
    },
  ],
  'tags and generics': [
    {
      text: 'Why Map<Key> and List<String> differ',
      found: ['key', 'map', 'Map<Key>', 'Map<Ke', 'mapkey', 'string', 'List<String>'],
    },
    { text: '<b>Bold</b><br/>move &amp; more', found: ['bold', 'move', '<b>bold', 'more', 'amp'] },
    { text: 'We like #hashtags and @mentions', found: ['#hashtags', 'hashtags', '@mentions', 'mention'] },
  ],
  'names in code': [
    {
      text: 'getElementById and HTMLParser',
      found: ['getElementById', 'getelementbyid', 'element', 'byId', 'parser', 'HTML', 'htmlparser'],
    },
    { text: 'C++ beats C# here', found: ['C++', 'c++', 'C#', 'c'], notFound: ['F#', 'a++'] },
    {
      text: 'Call parse_int(value) or x.y.z',
      found: ['parse_int', 'int', 'parse_int(value)', 'value', 'x.y', 'y.z'],
    },
    {
      text: 'My iPhone15 and a YouTube video',
      found: ['iphone', 'iPhone 15', 'iphone15', 'phone', '15', 'youtube', 'YouTube', 'tube'],
    },
  ],
  apostrophes: [
    {
      text: 'Don’t stop rock’n’roll',
      found: ["don't", 'don’t', 'dont', 'don', "rock'n'roll", 'roll', 'rocknroll'],
    },
    { text: "L'homme qu'elle aime", found: ['homme', "l'homme", 'l’homme', 'lhomme', 'elle', "qu'elle"] },
    { text: 'O’Neill on Hawaiʻi', found: ["O'Neill", 'oneill', 'neill', 'Hawaii', "Hawai'i", 'hawaiʻi'] },
  ],
  emoji: [
    {
      text: 'Party 🎉 tonight👍🏽!',
      found: ['🎉', 'party 🎉', '👍', '👍🏽', 'tonight', 'tonight👍'],
      notFound: ['🎊', '👎'],
    },
    {
      text: 'Family 👩‍👩‍👧 from 🇫🇷🇩🇪 with ❤️',
      found: ['👩‍👩‍👧', '🇫🇷', '🇩🇪', '❤', '❤️', 'family'],
      notFound: ['🇷🇩', '💙'],
    },
    { text: 'Press 1️⃣ then ⭐', found: ['1', '1️⃣', '⭐', 'press'] },
  ],
  'accents of Latin': [
    {
      text: 'Olé, señor! Crème brûlée à la carte',
      found: ['ole', 'Olé', 'OLÉ', 'senor', 'señor', 'creme brulee', 'brûlée', 'BRULEE', 'a la carte', 'ol'],
      notFound: ['olá!x'],
    },
    { text: 'Decomposed: cafe\u0301 nai\u0308ve', found: ['café', 'cafe', 'cafe\u0301', 'naive', 'naïve'] },
    {
      text: 'Straße, Größe, Ærøskøbing, Łódź, Þór',
      found: [
        'straße',
        'STRASSE',
        'strasse',
        'grosse',
        'größe',
        'aeroskobing',
        'Ærø',
        'lodz',
        'Łódź',
        'thor',
      ],
    },
    {
      text: 'İstanbul ılık IŞIK',
      found: ['istanbul', 'İstanbul', 'ISTANBUL', 'ilik', 'ILIK', 'işik', 'isik'],
    },
    { text: 'Tiếng Việt ở Đà Nẵng', found: ['tieng viet', 'Việt', 'da nang', 'ĐÀ NẴNG', 'nẵng'] },
  ],
  'widths and ligatures': [
    { text: 'Ｆｕｌｌ　ｗｉｄｔｈ　１２３', found: ['full', 'width', '123', 'ｗｉｄｔｈ'] },
    { text: 'The ﬁrst ﬂower, H₂O and x², № 7', found: ['first', 'ﬁrst', 'flower', 'H2O', 'h₂o', 'x2', 'no'] },
    {
      text: 'Soft\u00adhyphen and zero\u200bwidth',
      found: ['softhyphen', 'soft\u00adhyphen', 'zero', 'width', 'zerowidth'],
    },
  ],
  Cyrillic: [
    {
      text: 'Ёлка и Киев, «Привет»!',
      found: ['елка', 'ёлка', 'ЁЛКА', 'киев', 'привет', 'прив', '«привет»'],
      notFound: ['ривет'],
    },
    { text: 'Їжак із м’ятою', found: ['їжак', "м'ятою", 'мятою', 'ЇЖАК'] },
  ],
  Greek: [
    { text: 'Ο Οδυσσέας στον ΔΡΟΜΟΣ', found: ['οδυσσεας', 'Οδυσσέας', 'ΟΔΥΣΣΕΑΣ', 'δρόμος', 'δρομ'] },
    { text: 'Καλημέρα, κόσμε·', found: ['καλημερα', 'ΚΑΛΗΜΈΡΑ', 'κόσμε', 'κοσμε'] },
  ],
  Arabic: [
    { text: 'اللُّغَةُ العربية، والكتاب', found: ['اللغة', 'العربية', 'والكتاب', 'العر'] },
    { text: 'می‌خواهم ۱۲۳ کتاب', found: ['می‌خواهم', 'میخواهم', 'کتاب', '۱۲۳', '123'] },
    { text: 'أحمد كتـــاب', found: ['احمد', 'أحمد', 'كتاب'] },
  ],
  Hebrew: [
    { text: 'שָׁלוֹם לצה״ל', found: ['שלום', 'שָׁלוֹם', 'לצה״ל', 'לצהל', 'לצה"ל'] },
    { text: 'תל־אביב יפו', found: ['תל אביב', 'אביב', 'תל-אביב', 'תלאביב'] },
  ],
  Indic: [
    { text: 'हिन्दी में ज़रूरत, नमस्ते।', found: ['हिन्दी', 'हिन्', 'ज़रूरत', 'जरूरत', 'नमस्ते', 'में'], notFound: ['न्दी'] },
    { text: 'தமிழ் மொழி १२', found: ['தமிழ்', 'மொழி', 'தமி', '१२', '12'] },
  ],
  Chinese: [
    {
      text: '我住在北京市海淀区，喜欢喝茶。',
      found: ['北京', '北京市', '海淀区', '京市', '喝茶', '茶', '我住在北京市海淀区', '北京 喝茶'],
      notFound: ['北市', '东京', '喝咖啡'],
    },
    { text: '购买iPhone15手机壳', found: ['iphone', 'iphone15', '手机', '手机壳', '购买', '购买iPhone'] },
  ],
  Japanese: [
    {
      text: '東京都庁に行きました。ｶﾞｲﾄﾞ付き',
      found: ['東京', '京都', '都庁', '東京都庁', '行きました', 'ガイド', 'ｶﾞｲﾄﾞ'],
      notFound: ['東都', '大阪'],
    },
    { text: 'カタカナとひらがな、コーヒー', found: ['カタカナ', 'ひらがな', 'がな', 'コーヒー', 'ヒー'] },
  ],
  Korean: [
    {
      text: '서울에서 한국어를 공부합니다',
      found: ['서울', '서울에서', '한국어', '국어', '공부', '한국어 공부'],
      notFound: ['부산'],
    },
    { text: '김치찌개'.normalize('NFD'), found: ['김치', '찌개', '김치찌개'.normalize('NFD')] },
  ],
  Thai: [
    { text: 'ประเทศไทยสวยงาม', found: ['ประเทศ', 'ไทย', 'สวย', 'ประเทศไทย', 'งาม'], notFound: ['ลาว'] },
    { text: 'ខ្ញុំស្រលាញ់កម្ពុជា', found: ['កម្ពុជា', 'ស្រលាញ់'] },
  ],
  numbers: [
    {
      text: 'From 1,000.50 to 3.14 on 2026-11-28 at 07:30',
      found: ['1,000.50', '1000', '3.14', '2026-11-28', '2026-11', '11-28', '07:30', '0730', '28'],
    },
    { text: 'It costs $100 or 99€ (−5 %)', found: ['100', '$100', '99', '99€', '99 €', '5'] },
    { text: 'The 1e5 and the 007', found: ['1e5', '007', '00'], notFound: ['100000'] },
    {
      text: 'Write to ada.lovelace+news@example.org',
      found: ['ada.lovelace+news@example.org', 'lovelace', 'ada.love', 'example.org', 'news', '@example'],
    },
  ],
};
