using System.Collections.Frozen;

namespace PreferenceLosses.Text.Reading;

/// <summary>Why names are refused, and what to write instead.</summary>
internal static class Refusals
{
    private static readonly FrozenDictionary<string, (LossDiagnosticKind Kind, string Reason, string Instead)> Known = Table();

    public static CodeError OfName(Position at, string name, IEnumerable<string> accepted) =>
        name is "np" or "numpy" ? new CodeError(LossDiagnosticKind.Import, at, "NumPy is not accepted: it has no gradients.", "Use torch.")
        : new CodeError(LossDiagnosticKind.Name, at, $"The name '{name}' is not known.", Nearest(name, accepted));

    public static CodeError OfMember(Position at, string owner, string name, IEnumerable<string> accepted) =>
        name.StartsWith('_') ? new CodeError(LossDiagnosticKind.Name, at, $"'{name}' is not accepted: names that start with _ are internal.")
        : Known.TryGetValue(name, out var refusal) ? new CodeError(refusal.Kind, at, $"'{name}' is not accepted: {refusal.Reason}.", refusal.Instead)
        : new CodeError(LossDiagnosticKind.Name, at, $"There is no '{name}' of {owner} here.", Nearest(name, accepted));

    private static string Nearest(string name, IEnumerable<string> accepted)
    {
        var nearest = Spelling.Nearest(name, accepted, count: 1).FirstOrDefault();
        return nearest is not null && Spelling.Distance(name, nearest) <= Math.Max(1, name.Length / 3) ? $"Did you mean '{nearest}'?" : "";
    }

    private static FrozenDictionary<string, (LossDiagnosticKind Kind, string Reason, string Instead)> Table()
    {
        var table = new Dictionary<string, (LossDiagnosticKind, string, string)>();
        void Add(LossDiagnosticKind kind, string reason, string instead, string names)
        {
            foreach (var name in names.Split(' '))
            {
                table.Add(name, (kind, reason, instead));
            }
        }

        Add(LossDiagnosticKind.Type, "it takes a value out of the graph, where it has no gradient", "Use .detach() for a value without gradient.", "item tolist numpy");
        Add(LossDiagnosticKind.Name, "a formula is on no device", "Leave it out.", "cpu cuda");
        Add(LossDiagnosticKind.State, "a loss only returns its values", "Leave it out: the library differentiates.", "backward grad requires_grad_ zero_grad register_hook retain_grad");
        Add(LossDiagnosticKind.State, "a loss keeps nothing between calls", "Compute it from the batch, or take it as a number with a default.", "Parameter Module register_buffer register_parameter");
        Add(
            LossDiagnosticKind.Random,
            "a loss gives the same value for the same batch",
            "Leave it out.",
            "rand randn randint rand_like randn_like randint_like randperm normal bernoulli multinomial poisson dropout manual_seed gumbel_softmax uniform_ normal_ bernoulli_");
        Add(
            LossDiagnosticKind.Shape,
            "every tensor keeps one value per pair",
            "Elementwise operations and reductions over the whole batch are accepted.",
            "view reshape expand expand_as repeat repeat_interleave flatten transpose permute t T stack chunk split narrow index_select masked_select "
            + "scatter_add take nonzero unbind meshgrid outer diag tril triu pad broadcast_to tile movedim swapaxes topk kthvalue unique histc bincount");
        Add(LossDiagnosticKind.Shape, "there are no matrices in a loss", "Write (a * b).sum() for a product of two tensors.", "matmul mm bmm mv einsum addmm baddbmm cdist");
        Add(LossDiagnosticKind.Statement, "'with' blocks are not accepted", "Use .detach().", "no_grad enable_grad set_grad_enabled inference_mode autocast");
        Add(LossDiagnosticKind.Type, "losses are computed in float32 or float64", "Leave the cast out.", "half bfloat16");
        Add(
            LossDiagnosticKind.Name,
            "a loss reads and writes nothing",
            "Leave it out.",
            "load save jit compile hub utils distributed multiprocessing autograd cuda_ ops classes from_numpy from_file as_tensor frombuffer storage");
        Add(LossDiagnosticKind.Name, "its gradient is 0 wherever it has one", "Use a smooth function, or torch.where.", "round floor ceil trunc frac fmod remainder");
        return table.ToFrozenDictionary();
    }
}
