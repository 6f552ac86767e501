using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Scores objectives by a command: a script that submits to a cluster, a trainer in another language. What it is given of an objective is written from the formula that was
/// read; no text of the language model but the cleaned name is in it, and none of it stands in an argument, a variable or a path.
/// </summary>
/// <remarks>
/// <para>The command gets one line of JSON on standard input:</para>
/// <code>{"format":1,"number":7,"name":"adaptive-margin","seeds":[0,1],"pytorch":"def …","trl":"…","loss":{…}}</code>
/// <para>
/// <c>pytorch</c> is the function of <see cref="Text.LossExport.ToPyTorch"/>, <c>trl</c> the file of <see cref="Text.LossExport.ToTrl"/>, <c>loss</c> the JSON of
/// <see cref="Losses.LossJson"/>; each of the first two is null where the formula has no such text. The last line of its standard output is the answer:
/// </para>
/// <code>{"format":1,"scores":[{"seed":0,"score":0.4651,"measures":{"kl":3.2},"curves":{"loss":{"steps":[10,20],"values":[0.69,0.61]}}},{"seed":1,"failure":"the loss became NaN"}]}</code>
/// <para>
/// Each seed once, with a finite score or a failure that lies in the objective; measures and curves may be left out. An exit status other than 0, no such line, and a time-out are
/// failures of the command, which is tried again.
/// </para>
/// </remarks>
public sealed class ExternalEvaluator : IObjectiveEvaluator, IDisposable
{
    private readonly ExternalEvaluatorOptions options;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim places;

    /// <summary>The longest wait before another try, in seconds: an hour, unless the first is longer.</summary>
    private const double LongestDelay = 3600;

    /// <summary>An evaluator.</summary>
    /// <param name="options">The command.</param>
    /// <param name="time">What waits and time-outs are measured by; the system's clock if null.</param>
    public ExternalEvaluator(ExternalEvaluatorOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        this.time = time ?? TimeProvider.System;
        places = new SemaphoreSlim(options.Concurrency);
        string[] identity = [options.Program, .. options.Arguments, options.Description, options.Version];
        var text = string.Concat(identity.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Length}:{part}")));
        Fingerprint = $"external-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}";
    }

    /// <summary>Told of each try that failed and is followed by another one.</summary>
    public IProgress<string>? Notes { get; init; }

    /// <inheritdoc/>
    public string Description => options.Description;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public async Task<ImmutableArray<SeedScore>> EvaluateAsync(Objective objective, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(objective);
        var candidate = ExternalCandidate.Write(objective, seeds);
        await places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await TryAsync(objective, candidate, seeds, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();

    private async Task<ImmutableArray<SeedScore>> TryAsync(Objective objective, byte[] candidate, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        while (true)
        {
            try
            {
                var answer = await ExternalCommand.RunAsync(options, candidate, time, cancellationToken).ConfigureAwait(false);
                return ExternalScores.Read(answer, seeds);
            }
            catch (ExternalCommandException failed)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"try {failures.Count + 1}: {failed.Message}"));
                if (!failed.MayPass || failures.Count >= options.MaxAttempts)
                {
                    throw new EvaluatorException(
                        string.Create(CultureInfo.InvariantCulture, $"'{options.Program}' gave no scores for objective {objective.Number}. {string.Join(" ", failures)}"), failed);
                }
            }

            var delay = TimeSpan.FromSeconds(Math.Min(options.RetryDelay.TotalSeconds * Math.Pow(2, failures.Count - 1), Math.Max(options.RetryDelay.TotalSeconds, LongestDelay)));
            Notes?.Report(string.Create(CultureInfo.InvariantCulture, $"Objective {objective.Number}, {failures[^1]} Trying again in {delay.TotalSeconds:F0} s."));
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
