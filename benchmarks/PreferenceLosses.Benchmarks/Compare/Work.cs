namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>A piece of work that both sides do.</summary>
internal abstract record Work
{
    /// <summary>What it is, in a table.</summary>
    public abstract string Name { get; }

    /// <summary>The number of pairs or of logits.</summary>
    public abstract long Units { get; }

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

    public override Dictionary<string, object> Request => new() { ["work"] = "loss", ["loss"] = Loss, ["pairs"] = Pairs };

    public override Action Prepare(int threads)
    {
        var core = new LossCore(Loss, Pairs, threads);
        return () => core.Run();
    }
}

/// <summary>Sequence log-probabilities from logits; with the backward pass, gradients in the logits' place.</summary>
internal sealed record LogProbabilityWork(int Vocabulary, int Rows, LogitFormat Format, bool WithBackward) : Work
{
    public override string Name => $"{Vocabulary:N0} × {Rows}, {Format.ToString().ToLowerInvariant()}, {(WithBackward ? "forward + backward" : "forward")}";

    public override long Units => (long)Vocabulary * Rows;

    public override Dictionary<string, object> Request => new()
    {
        ["work"] = "log_probabilities",
        ["vocabulary"] = Vocabulary,
        ["rows"] = Rows,
        ["format"] = Format.ToString().ToLowerInvariant(),
        ["backward"] = WithBackward,
    };

    // From the second run on the logits are gradients, which costs the same: no loop looks at what a logit is.
    public override Action Prepare(int threads) => new LogProbabilityPass(Vocabulary, Rows, Format, WithBackward, threads).Run;
}
