namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>A clock that a test moves, so that no test waits. Waits up to a length it can skip by itself: it jumps to their end.</summary>
internal sealed class HandTime(TimeSpan skipped = default) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<HandTimer> timers = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How long each wait was, in their order; without those that are not skipped where some are.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public void Advance(TimeSpan span)
    {
        HandTimer[] due;
        lock (gate)
        {
            now += span;
            due = [.. timers.Where(timer => timer.Due <= now)];
            timers.RemoveAll(timer => timer.Due <= now);
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        HandTimer timer;
        lock (gate)
        {
            timer = new HandTimer(this, callback, state, now + dueTime);
            timers.Add(timer);
            if (skipped == default || dueTime <= skipped)
            {
                Waits.Add(dueTime);
            }
        }

        if (dueTime <= skipped)
        {
            Advance(dueTime);
        }

        return timer;
    }

    private sealed class HandTimer(HandTime time, TimerCallback callback, object? state, DateTimeOffset due) : ITimer
    {
        public DateTimeOffset Due => due;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
