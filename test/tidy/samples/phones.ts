import type { OwnPhone } from '../../../menus/phones';
import { longest } from '../longest';
import { fullName, times, type Samples } from './sample';

const { msisdn } = longest;

export const phones: Samples = {
  answers: (person) => {
    const phone = (index: number): OwnPhone => ({ msisdn: `+25470000000${index}`, isContact: index === 2 });
    const contact = '+254700000002';
    return {
      listPhones: [times(5, (index) => phone(index + 1)), [{ msisdn, isContact: true }]],
      chooseContact: [undefined],
      removePhone: [
        { contact, heir: fullName(person) },
        { contact: '', heir: fullName(person) },
        { contact, heir: '' },
        { contact: '', heir: '' },
      ],
    };
  },
};
