import './lib/randomUUID';
import { render } from 'preact';
import { App } from './components/App';
import { StartPage } from './start/StartPage';
import './styles/theme.css';
import './styles/parts.css';
import './styles/page.css';
import './styles/video.css';
import './styles/card.css';
import './styles/pad.css';
import './styles/judge.css';
import './styles/working.css';
import './styles/sheets.css';
import './styles/guide.css';
import './styles/responsive.css';
import './styles/topBar.css';

const root = document.getElementById('app');
if (!root) throw new Error('index.html must hold an element with the id app');
// The server serves one page: at `/` for all projects, at `/p/<key>/` for one of them.
render(location.pathname.startsWith('/p/') ? <App /> : <StartPage />, root);
