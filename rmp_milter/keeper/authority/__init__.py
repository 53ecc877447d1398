"""Who may have what done: cards, tickets, and the judgement over a call."""
