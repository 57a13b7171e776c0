from tests.convergence.conftest import Begin
from studio_sync_client import Problem
def test_x(begin: Begin) -> None:
    for seed in range(5):
        story = begin(seed)
        try:
            story.tell(60)
        except Problem as e:
            print(e.members)
            for p in story.phones:
                for r in p.network.sent[-1:]: pass
            import traceback; 
            tb=e.__traceback__
            while tb:
                if tb.tb_frame.f_code.co_name=='_ask': print(str(tb.tb_frame.f_locals)[:1500])
                if tb.tb_frame.f_code.co_name=='_differing': print(tb.tb_frame.f_locals)
                tb=tb.tb_next
            raise
