import { describeRequests } from '../integration/clearing/requests';
import { openFspiopBetween } from '../support/between';

describeRequests('requests to pay over Mojaloop', { open: () => openFspiopBetween(), cancels: false });
