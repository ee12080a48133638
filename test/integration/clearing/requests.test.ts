import { describeRequests } from './requests';

describeRequests('requests to pay in one process', { cancels: true });
