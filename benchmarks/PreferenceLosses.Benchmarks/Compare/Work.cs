namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>A piece of work that both sides do.</summary>
internal abstract record Work
{
    /// <summary>What it is, in a table.</summary>
    public abstract string Name { get; }

    /// <summary>The number of pairs or of logits.</summary>
    public abstract long Units { get; }

    /// <summary>One of <see cref="Units"/>.</summary>
    public abstract string Unit { get; }

    /// <summary>The request to the PyTorch side, without threads and time.</summary>
    public abstract Dictionary<string, object> Request { get; }

    /// <summary>Our side of it, on a number of threads, as something that can be run again and again.</summary>
    public abstract Action Prepare(int threads);
}

/// <summary>Losses and the gradient of their mean for the policy's two columns.</summary>
internal sealed record LossWork(string Loss, int Pairs) : Work
{
    public override string Name => $"{Loss}, {Pairs:N0} pairs";

    public override long Units => Pairs;

    public override string Unit => "pair";

    public override Dictionary<string, object> Request => new() { ["work"] = "loss", ["loss"] = Loss, ["pairs"] = Pairs };

    public override Action Prepare(int threads)
    {
        var core = new LossCore(Loss, Pairs, threads);
        return () => core.Run();
    }
}
