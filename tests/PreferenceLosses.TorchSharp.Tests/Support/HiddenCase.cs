using System.Globalization;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using static TorchSharp.torch;
using Shape = PreferenceLosses.Expressions.Shape;

namespace PreferenceLosses.Torch.Tests.Support;

/// <summary>Five pairs as hidden states, with prompts, padding and a token that does not count, and what a loss gives of them.</summary>
internal sealed class HiddenCase
{
    public const int Pairs = 5, Length = 7, Vocabulary = 40, Size = 12;

    private readonly IPreferenceLoss loss;

    public HiddenCase(IPreferenceLoss loss, int seed)
    {
        this.loss = loss;
        _ = manual_seed(seed);
        Hidden = randn(2 * Pairs, Length, Size).requires_grad_();
        Head = (randn(Vocabulary, Size) * tensor(0.4f)).requires_grad_();
        Tokens = randint(0, Vocabulary, new long[] { 2 * Pairs, Length }, ScalarType.Int64);
        Tokens[0, 5] = -100;
        Mask = ones(2 * Pairs, Length, ScalarType.Bool);
        for (var s = 0; s < 2 * Pairs; s++)
        {
            // A prompt of two tokens, and completions of different lengths.
            Mask[s, 0] = false;
            Mask[s, 1] = false;
            Mask[s, 6] = s % 3 == 0;
            Mask[s, 5] = s % 4 != 1;
        }

        var random = new Random(seed);
        Tensor Column(double low, double high) =>
            tensor(Enumerable.Range(0, Pairs).Select(_ => (float)(low + ((high - low) * random.NextDouble()))).ToArray());
        foreach (var input in loss.Graph.Inputs)
        {
            switch (input.Name)
            {
                case Columns.PolicyChosen or Columns.PolicyRejected or Columns.ChosenLength or Columns.RejectedLength:
                    break;
                case Columns.ReferenceChosen or Columns.ReferenceRejected or Columns.PolicyGold:
                    Others[input.Name] = Column(-20, -14);
                    break;
                case Columns.GoldLength:
                    Others[input.Name] = Column(3, 5).round();
                    break;
                default:
                    Others[input.Name!] = input.Shape == Shape.Scalar ? tensor(input.Name == Columns.RunningDeviation ? 1.25f : 0.375f) : Column(0.5, 2);
                    break;
            }
        }
    }

    /// <summary>Those of the catalogue.</summary>
    public static IEnumerable<PreferenceLoss> PairLosses => LossCatalog.BuiltIn.Entries
        .Select(entry => LossCatalog.BuiltIn.Find(entry.Name).Loss)
        .Where(loss => loss.Graph.Inputs.Any(input => input.Name is Columns.PolicyChosen or Columns.PolicyRejected));

    public EvaluationOptions Options { get; init; }

    public Tensor Hidden { get; private set; }

    public Tensor Head { get; private set; }

    public Tensor Tokens { get; private set; }

    public Tensor Mask { get; private set; }

    public TensorBatch Others { get; } = new();

    public IEnumerable<Tensor> Tensors => [Hidden, Head, Tokens, Mask, .. Others.Names.Select(name => Others[name])];

    public void InPrecision(ScalarType type)
    {
        Hidden = Hidden.detach().to_type(type).requires_grad_();
        Head = Head.detach().to_type(type).requires_grad_();
    }

    public void MoveTo(Device device)
    {
        Hidden = Hidden.detach().to(device).requires_grad_(Hidden.requires_grad);
        Head = Head.detach().to(device).requires_grad_(Head.requires_grad);
        (Tokens, Mask) = (Tokens.to(device), Mask.to(device));
        foreach (var name in Others.Names.ToArray())
        {
            Others[name] = Others[name].to(device);
        }
    }

    public HiddenLossResult Evaluate(int chunk, LossRoute route = LossRoute.Automatic) =>
        loss.EvaluateFromHidden(Hidden, Head, Tokens, Mask, Others, Options, chunk, route);

    /// <summary>The loss, the gradients of hidden states and head (multiplied by 1.5 on the way back), and how the latter came about.</summary>
    public Numbers Run(int chunk, Func<HiddenLossResult, Tensor>? objective = null, LossRoute route = LossRoute.Automatic)
    {
        Hidden.grad = null;
        Head.grad = null;
        using var result = Evaluate(chunk, route);
        (1.5 * (objective is null ? result.Value : objective(result))).backward();
        Assert.Null(result.BackwardError);
        return new(
            TensorCase.Doubles(result.Value)[0],
            Hidden.grad is { } hidden ? TensorCase.Doubles(hidden) : [],
            Head.grad is { } head ? TensorCase.Doubles(head) : [],
            result.HeadGradient);
    }

    /// <summary>The same by all logits at once in double precision, and libtorch's own operations.</summary>
    public Numbers Expected(Func<Tensor, Tensor, Tensor>? objective = null)
    {
        var hidden = Hidden.detach().to_type(ScalarType.Float64).requires_grad_();
        var head = Head.detach().to_type(ScalarType.Float64).requires_grad_();
        var next = Tokens.narrow(1, 1, Length - 1);
        var counts = next.ne(-100).logical_and(Mask.narrow(1, 1, Length - 1));
        var picked = hidden.matmul(head.t()).log_softmax(-1).narrow(1, 0, Length - 1).gather(-1, next.clamp(min: 0).unsqueeze(-1)).squeeze(-1);
        var sums = (picked * counts.to_type(ScalarType.Float64)).sum(1);
        var lengths = counts.sum(1).to_type(ScalarType.Float64);
        var batch = new TensorBatch(sums.narrow(0, 0, Pairs), sums.narrow(0, Pairs, Pairs))
        {
            [Columns.ChosenLength] = lengths.narrow(0, 0, Pairs),
            [Columns.RejectedLength] = lengths.narrow(0, Pairs, Pairs),
        };
        foreach (var name in Others.Names)
        {
            batch[name] = Others[name].detach();
        }

        using var result = loss.Evaluate(batch, Options, LossRoute.Lowered);
        (1.5 * (objective is null ? result.Value : objective(result.Losses, result.Value))).backward();
        return new(result.Value.item<double>(), TensorCase.Doubles(hidden.grad!), TensorCase.Doubles(head.grad!), HeadGradient.Lowered);
    }

    /// <summary>Within a share of the largest gradient; one that is not there is not compared.</summary>
    public static void AssertNear(Numbers expected, Numbers actual, double tolerance, string what)
    {
        Assert.Equal(expected.Value, actual.Value, tolerance * (1 + Math.Abs(expected.Value)));
        foreach (var (name, wanted, got) in new[] { ("hidden", expected.Hidden, actual.Hidden), ("head", expected.Head, actual.Head) })
        {
            Assert.True(got.Length == wanted.Length || got.Length == 0);
            var allowed = tolerance * wanted.Max(Math.Abs);
            for (var i = 0; i < got.Length; i++)
            {
                Assert.True(
                    Math.Abs(wanted[i] - got[i]) <= allowed,
                    string.Create(CultureInfo.InvariantCulture, $"{what}: the gradient of {name} at {i} is {got[i]:R}; expected {wanted[i]:R}, of at most {wanted.Max(Math.Abs):R}"));
            }
        }
    }

    /// <summary>What is compared.</summary>
    public sealed record Numbers(double Value, double[] Hidden, double[] Head, HeadGradient Way);
}
